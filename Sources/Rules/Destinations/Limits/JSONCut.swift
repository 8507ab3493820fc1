internal import JSONSource

extension [UInt8] {
  /// This JSON in at most so many bytes, as far as that is possible: the run's document is left out first, which the API has, too,
  /// then the longest texts are cut, each with an ellipsis. What is short, such as ids, stays.
  func cut(to max: Int) -> [UInt8] {
    guard count > max else { return self }
    var json = withoutRun
    for _ in 0..<Self.maxCuts where json.count > max {
      guard let root = try? JSONDocument(parsing: json).root, let leaf = Self.longestText(root),
        let text = leaf.string, leaf.range.count > Self.shortest
      else { break }
      // A text takes more bytes in JSON than it has itself.
      let kept = Swift.max(0, leaf.range.count - (json.count - max) - Self.shortest)
      let beginning = LimitUnit.bytes.prefix(of: text, max: text.utf8.count * kept / leaf.range.count)
      json.replaceSubrange(leaf.range, with: [UInt8].json("\(beginning)…"))
    }
    return json
  }

  private static var maxCuts: Int { 50 }
  private static var shortest: Int { 100 }

  /// Without the member `run`, of the root or of its `data`.
  private var withoutRun: [UInt8] {
    guard let document = try? JSONDocument(parsing: self), let members = document.root.members else { return self }
    return JSONWriter.object { json in
      for member in members where member.key != "run" || member.value.members == nil {
        if member.key == "data", let data = member.value.members {
          json.member("data") { json in
            json.object { json in
              for inner in data where inner.key != "run" { json.member(inner.key, raw: document.raw(inner.value)) }
            }
          }
        } else {
          json.member(member.key, raw: document.raw(member.value))
        }
      }
    }
  }

  private static func longestText(_ node: JSONNode) -> JSONNode? {
    if node.string != nil { return node }
    let inner = (node.elements ?? []) + (node.members ?? []).map(\.value)
    return inner.compactMap(longestText).max { $0.range.count < $1.range.count }
  }
}
