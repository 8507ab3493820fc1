internal import JSONSource

/// The log of a run.
///
/// Neither the vendor's documentation nor its SDK says what the document looks like: the SDK hands on whatever JSON it gets. So
/// it is read as the log API of any service might write it; what can't be read so is kept as its JSON.
package struct RunLog: Sendable, Equatable {
  /// From the oldest to the newest, without line feeds.
  package let lines: [String]

  package init(lines: [String]) {
    self.lines = lines
  }

  /// - Parameter body: of the answer. JSON: a list of lines, or an object with such a list under `items`, `logs` or `lines`; a line
  ///   is a text, or an object with it under `message`, `text`, `log` or `line`. No JSON: plain text.
  package init(answer body: [UInt8]) {
    guard let document = try? JSONDocument(parsing: body, maximumValues: 2_000_000) else {
      self.init(lines: Self.split(String(decoding: body, as: UTF8.self)))
      return
    }
    let root = document.root
    if let text = root.string ?? Self.text(of: root), root.elements == nil {
      self.init(lines: Self.split(text))
    } else if let elements = root.elements ?? Self.list(in: root) {
      self.init(
        lines: elements.flatMap { element in
          Self.split(element.string ?? Self.text(of: element) ?? String(decoding: document.raw(element), as: UTF8.self))
        })
    } else {
      let isEmpty = root.isNull || root.members?.isEmpty == true
      self.init(lines: isEmpty ? [] : [String(decoding: document.raw(root), as: UTF8.self)])
    }
  }

  private static func list(in node: JSONNode) -> [JSONNode]? {
    for key in ["items", "logs", "lines", "entries"] {
      if let elements = node[key]?.elements { return elements }
    }
    return nil
  }

  private static func text(of node: JSONNode) -> String? {
    for key in ["message", "text", "log", "line"] {
      if let text = node[key]?.string { return text }
    }
    return nil
  }

  private static func split(_ text: String) -> [String] {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// The last lines as one text.
  ///
  /// - Parameters:
  ///   - count: of lines, at most.
  ///   - characters: at most; what is before them is cut off, and `…` stands in its place.
  package func tail(_ count: Int, characters: Int) -> String {
    let text = lines.suffix(count).joined(separator: "\n")
    return text.count <= characters ? text : "…\(text.suffix(characters - 1))"
  }
}
