/// A JSON text together with its tree.
///
/// This module reads and writes JSON with its places: bytes flow in, a tree with byte ranges and every mistake flow out. It exists
/// because messages need line and column, and because numbers must keep their digits (`1.10` stays `1.10`).
///
/// - Total: any bytes are accepted, and depth, number of values and number of mistakes are bounded.
/// - A string is never compared by Unicode equivalence; keys keep their order and duplicates.
/// - ``JSONScanner`` reads without building a tree, for large documents of which few members matter.
///
/// It maps nothing to types and knows no schema. Begin reading with ``JSONParser``.
package struct JSONDocument: Sendable {
  package let bytes: [UInt8]
  package let root: JSONNode

  package init(bytes: [UInt8], root: JSONNode) {
    self.bytes = bytes
    self.root = root
  }

  /// Reads strict JSON (RFC 8259). Throws the first mistake.
  ///
  /// - Parameter maximumValues: a limit for foreign texts, which may be crafted to use up memory.
  package init(parsing bytes: [UInt8], maximumValues: Int = .max) throws(JSONSyntaxError) {
    var options = JSONParser.Options.strict
    options.maximumValues = maximumValues
    let (document, errors) = JSONParser.parse(bytes, options: options)
    if let first = errors.first { throw first }
    self = document
  }

  /// The bytes of a node as written.
  package func raw(_ node: JSONNode) -> ArraySlice<UInt8> {
    bytes[node.range]
  }
}

/// A syntax error in a JSON text. `description` is a lower-case clause without the place.
package struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Byte offset in the text.
  package let offset: Int
  package let description: String
  /// What to write instead, if that is clear.
  package let hint: String?

  package init(offset: Int, _ description: String, hint: String? = nil) {
    self.offset = offset
    self.description = description
    self.hint = hint
  }
}

/// A place as editors show it: both numbers start at 1, and columns count characters.
package struct SourceLocation: Sendable, Equatable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The place of byte `offset` in `bytes`; an offset past the end means the end.
  package init(of offset: Int, in bytes: [UInt8]) {
    self.init(of: offset, in: bytes[...])
  }

  /// The place of byte `offset` of a slice, relative to its start.
  init(of offset: Int, in bytes: ArraySlice<UInt8>) {
    let end = bytes.startIndex + min(max(offset, 0), bytes.count)
    let newline = UInt8(ascii: "\n")
    let start = bytes[..<end].lastIndex(of: newline).map { $0 + 1 } ?? bytes.startIndex
    line = bytes[..<start].count { $0 == newline } + 1
    // A line of a machine-made file can have megabytes; a column is counted only where a person would read it.
    let prefix = bytes[start..<end]
    column = (prefix.count <= 100_000 ? String(decoding: prefix, as: UTF8.self).count : prefix.count) + 1
  }
}
