internal import JSONSource
internal import Runs

/// Reads the `digest` of an action.
struct DigestReader {
  let path: String
  let diagnostics: DiagnosticList

  init(path: String, _ diagnostics: DiagnosticList) {
    self.path = path
    self.diagnostics = diagnostics
  }

  func digest(_ node: JSONNode) -> ActionOptions.Digest? {
    guard let reader = ObjectReader(node, path: path, known: ["window", "by", "max"], diagnostics) else { return nil }
    _ = reader.required("window")
    // All of it is read before any of it is given up, so that every mistake is told.
    let window = reader.duration("window", in: .seconds(1)...(.seconds(7 * 86_400)))
    let by = reader["by"] == nil ? [] : reader.elements("by").compactMap { field($0, reader) }
    let most = reader.integer("max", in: 1...1_000)
    return window.map { ActionOptions.Digest(window: $0, by: by, most: most.map(Int.init) ?? 50) }
  }

  private func field(_ node: JSONNode, _ reader: ObjectReader) -> [String]? {
    guard let text = reader.text(node, path: "an entry of \(path).by") else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, EventFields.all.contains(first), !parts.contains("") else {
      diagnostics.error(
        at: node.range, "no event has \(text.prefix(60).debugDescription)",
        hint: hint(for: parts.first ?? "", among: EventFields.all))
      return nil
    }
    return parts
  }
}

extension ActionOptions.Digest {
  /// What an event has at the paths of `by`: those that are alike are collected together.
  func key(of data: TemplateData) -> String {
    by.map { path in data.raw(path).map { String(decoding: $0, as: UTF8.self) } ?? "null" }.joined(separator: "\n")
  }
}
