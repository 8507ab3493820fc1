internal import JSONSource

/// Which types the destinations have that an action names: kept beside an action that is carried out later, for a message that
/// was written for one type can't be sent to another.
struct DestinationKinds: Sendable {
  private static let key = "kinds"
  private(set) var byName: [String: DestinationSettings.Kind] = [:]

  /// - Parameter nodes: actions, lists of them, and what stands in them.
  init(namedBy nodes: [JSONNode], _ kind: (String) -> DestinationSettings.Kind?) {
    for node in nodes { look(node, kind) }
  }

  private mutating func look(_ action: JSONNode, _ kind: (String) -> DestinationSettings.Kind?) {
    for element in action.elements ?? [] { look(element, kind) }
    if let name = action[SendAction.verb]?.string { byName[name] = kind(name) }
    for branch in ActionBranch.allCases {
      if let steps = action[branch.rawValue] { look(steps, kind) }
    }
  }

  /// - Parameter stored: what ``write(into:)`` has written a member of. Types that this version doesn't know are left out.
  init(stored: JSONNode) {
    for member in stored[Self.key]?.members ?? [] {
      byName[member.key] = member.value.string.flatMap(DestinationSettings.Kind.init(rawValue:))
    }
  }

  func write(into json: inout JSONWriter) {
    guard !byName.isEmpty else { return }
    json.member(Self.key) { json in
      json.object { json in
        for (name, kind) in byName.sorted(by: { $0.key < $1.key }) { json.member(name, kind.rawValue) }
      }
    }
  }
}
