import Runs
import Storage

/// The names that a state knows.
extension ModelStore {
  func note(_ names: KnownNames) { self.names = names }

  func knownNames() -> KnownNames? { names }

  func namesInUse() -> (rules: Set<String>, destinations: Set<String>) {
    (
      Set(items.map(\.new.rule) + digests.map(\.entry.rule)),
      Set(items.compactMap(\.destination.destination) + digests.map(\.entry.destination))
    )
  }

  func ids(_ kind: IdentifierKind, beginning prefix: String, limit: Int) -> [String] {
    let all =
      switch kind {
      case .delivery: Set(items.map(\.new.id))
      case .run: Set(seen.map(\.event.runID)).subtracting([""])
      }
    return Array(all.filter { $0.hasPrefix(prefix) }.sorted().prefix(limit))
  }

  func knows(run: String) -> Bool {
    items.contains { $0.event.runID == run }
  }
}
