internal import JSONSource

extension ObjectReader {
  /// Words for what happens, and for groups of it: one, or a list.
  func triggers(_ key: String) -> Set<Trigger> {
    list(key).reduce(into: []) { triggers, node in
      guard let word = text(node, path: pathOf(key)) else { return }
      if let trigger = Trigger(word: word) {
        triggers.insert(trigger)
      } else if let group = Trigger.groups[word] {
        triggers.formUnion(group)
      } else {
        let known = Trigger.allCases.map(\.word) + ["terminal", "any"]
        diagnostics.error(
          at: node.range, "unknown phase \(word.prefix(40).debugDescription)", hint: hint(for: word, among: known))
      }
    }
  }
}
