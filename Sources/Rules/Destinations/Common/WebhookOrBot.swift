internal import JSONSource

extension FieldContext {
  /// Checks a destination that is either a webhook, by its `url`, or a bot.
  ///
  /// - Parameters:
  ///   - fields: the fields that only a bot has.
  ///   - required: the fields that a bot needs.
  func checkWebhookOrBot(_ object: ObjectReader, ofBot fields: [String], required: [String]) {
    if object["url"] != nil {
      for field in fields {
        guard let member = object[field] else { continue }
        diagnostics.error(
          at: member.range, "\(object.pathOf(field)) is for a bot, and \"url\" is a webhook",
          hint: "keep one of the two")
      }
    } else if !fields.contains(where: { object[$0] != nil }) {
      _ = object.required("url")
    } else if !diagnostics.isCut(object.node) {
      for field in required { _ = object.required(field) }
    }
  }
}
