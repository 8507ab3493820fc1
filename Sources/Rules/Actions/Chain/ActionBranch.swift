/// What an action waits for.
package enum ActionBranch: String, Sendable, CaseIterable {
  /// For the action before it to be delivered.
  case then
  /// For it to have failed for good.
  case onFailure

  /// Of an action without an id: its place.
  func label(_ index: Int, after parent: String) -> String {
    "\(parent).\(rawValue)[\(index)]"
  }
}
