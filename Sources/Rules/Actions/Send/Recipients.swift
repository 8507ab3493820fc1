internal import JSONSource

/// A message to several recipients is one action for each: with a label, an id and a delivery of its own.
extension ActionSettings {
  private static let mark = " to "

  /// Itself, or what it is for each recipient. The first keeps its label.
  var forEachRecipient: [ActionSettings] {
    guard let send = action as? SendAction, send.recipients.count > 1 else { return [self] }
    return send.recipients.enumerated().map { index, recipient in
      ActionSettings(
        action: send.forRecipient(recipient), label: index == 0 ? label : "\(label)\(Self.mark)\(recipient)",
        options: options, then: then, onFailure: onFailure, continuation: continuation, plan: plan)
    }
  }

  /// The label of an action without its recipient.
  static func base(of label: String) -> String {
    label.firstRange(of: mark).map { String(label[..<$0.lowerBound]) } ?? label
  }
}

extension ActionReader {
  /// An action of a list, one for each recipient.
  func actions(_ node: JSONNode) -> [ActionSettings] { action(node).map(\.forEachRecipient) ?? [] }

  /// Who is told of it when one of several has got it, and another not? Nobody asks again for what is stored.
  func reportSteps(after what: String, _ object: ObjectReader) {
    guard !place.isStored else { return }
    for branch in ActionBranch.allCases {
      guard let list = object[branch.rawValue] else { continue }
      diagnostics.error(
        at: list.range, "\(path) is \(what), and nothing can come after it",
        hint: "send to a destination with one recipient")
    }
  }
}
