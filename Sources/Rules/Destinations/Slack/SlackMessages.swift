extension Slack {
  private static let standard = StandardMessages(markup) { message in
    .object([("text", .text(message.text(.slack)))])
  }

  static var standardMessages: [Trigger: BodyTemplate]? { standard.byTrigger }
  static var standardDigest: BodyTemplate? { standard.digest }
}

extension Notation {
  /// mrkdwn (api.slack.com, "Formatting text for app surfaces").
  static let slack = Notation(
    bold: { "*\($0)*" }, link: { "<{{runUrl}}|\($0)>" }, code: { "```\n\($0)\n```" })
}
