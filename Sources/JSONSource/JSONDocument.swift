/// A JSON text together with the tree over it.
package struct JSONDocument: Sendable {
  package let bytes: [UInt8]
  package let root: JSONNode

  package init(bytes: [UInt8], root: JSONNode) {
    self.bytes = bytes
    self.root = root
  }

  /// Reads strict JSON (RFC 8259). Throws the first mistake.
  ///
  /// - Parameter maximumValues: for texts of others, which may have been made to take up memory.
  package init(parsing bytes: [UInt8], maximumValues: Int = .max) throws(JSONSyntaxError) {
    var options = JSONParser.Options.strict
    options.maximumValues = maximumValues
    let (document, errors) = JSONParser.parse(bytes, options: options)
    if let first = errors.first { throw first }
    self = document
  }

  /// The bytes of a node just as they were written.
  package func raw(_ node: JSONNode) -> ArraySlice<UInt8> {
    bytes[node.range]
  }
}

/// A place in a text where JSON's grammar is broken. `description` is a lower-case clause without the place.
package struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Byte offset in the text.
  package let offset: Int
  package let description: String
  /// What to write instead, where that can be told.
  package let hint: String?

  package init(offset: Int, _ description: String, hint: String? = nil) {
    self.offset = offset
    self.description = description
    self.hint = hint
  }
}

/// A place as editors show it: both numbers start at 1, a column is a character.
package struct SourceLocation: Sendable, Equatable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The place of byte `offset` in `bytes`; an offset behind the end means the end.
  package init(of offset: Int, in bytes: [UInt8]) {
    self.init(of: offset, in: bytes[...])
  }

  /// The place of byte `offset` of a part of a text, counted from where the part begins.
  init(of offset: Int, in bytes: ArraySlice<UInt8>) {
    let end = bytes.startIndex + min(max(offset, 0), bytes.count)
    let newline = UInt8(ascii: "\n")
    let start = bytes[..<end].lastIndex(of: newline).map { $0 + 1 } ?? bytes.startIndex
    line = bytes[..<start].count { $0 == newline } + 1
    // A line of a machine-made file can be megabytes long; a column is only counted where a person would read it.
    let prefix = bytes[start..<end]
    column = (prefix.count <= 100_000 ? String(decoding: prefix, as: UTF8.self).count : prefix.count) + 1
  }
}
