/// The messages that a type of destination sends when an action has no words of its own, one for each trigger.
struct StandardMessages: Sendable {
  let byTrigger: [Trigger: BodyTemplate]
  let digest: BodyTemplate?

  /// - Parameters:
  ///   - markup: of the type.
  ///   - layout: makes the body that carries a message.
  init(_ markup: Markup, layout: (StandardMessage) -> BodyPiece) {
    var byTrigger: [Trigger: BodyTemplate] = [:]
    for trigger in Trigger.allCases {
      byTrigger[trigger] = layout(StandardMessage(trigger)).template(markup, scope: .own)
    }
    self.byTrigger = byTrigger
    digest = layout(.digest).template(markup, scope: .ownDigest)
  }
}
