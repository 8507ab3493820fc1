internal import JSONSource

/// What is needed to make the message of an action later: the action as the rules file has it. It is kept beside what a digest
/// collects, and beside what is fetched for it, so that the message is made as it was meant by whatever rules file is in use then.
package struct ActionPlan: Sendable, Equatable {
  private static let key = "action"
  /// `{"action": {…}, "kinds": {…}}`.
  package let bytes: [UInt8]

  init(_ action: JSONNode, kind: (String) -> DestinationSettings.Kind?) {
    bytes = JSONWriter.object { json in
      json.member(Self.key) { $0.value(action) }
      DestinationKinds(namedBy: [action], kind).write(into: &json)
    }
  }

  package init(stored bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The action; nil when this version can't read it.
  ///
  /// - Parameter destinations: of the rules file that is in use.
  func action(_ label: String, _ destinations: [String: DestinationSettings]) -> ActionSettings? {
    guard let root = try? JSONDocument(parsing: bytes).root, let node = root[Self.key] else { return nil }
    let reader = ActionReader.stored(
      ActionSettings.base(of: label), destinations, DestinationKinds(stored: root).byName)
    let actions = reader.actions(node)
    return actions.first { $0.label == label } ?? actions.first
  }
}
