extension AnswerTable {
  /// An incoming webhook of Slack answers 200 `ok`, and otherwise one word beside a status of 4xx (api.slack.com, changelog of
  /// 2016-05-17; docs.slack.dev, "Sending messages using incoming webhooks"). Words have been seen beside 200 as well
  /// (great_expectations#5818, gogs#3169), and 404 without a word of Slack's comes from whatever stands before it
  /// (healthchecks#613). Mattermost and Discord's `/slack` answer `ok`, other servers that take Slack's messages say yes in
  /// JSON, and so does `chat.postMessage`: `{"ok": false, "error": WORD}`, with the same words and some more.
  static let slack = AnswerTable(
    [
      Row(statuses: [200...299], body: .word(slackVanished), meaning: .vanished),
      Row(statuses: [200...299, 400...499], body: .word(slackStops), meaning: .stops),
      Row(statuses: [200...299], body: .word(["ok"]), meaning: .delivered),
      Row(
        statuses: [200...299], body: .members([("ok", "true"), ("success", "true"), ("result", "\"success\"")]),
        meaning: .delivered),
      Row(statuses: [200...299], body: .word(slackRefusals), meaning: .final(.clientError)),
      Row(
        statuses: [200...299], body: .page, meaning: .repeated(.badAnswer), note: " with a page, where Slack says ok"),
      // Whoever sent this took the message: sending it twice is worse than asking for a courtesy.
      Row(statuses: [200...299], body: .broken, meaning: .delivered),
      Row(statuses: [201...299], body: .empty, meaning: .delivered),
      Row(statuses: [200...299], meaning: .repeated(.badAnswer), note: " without the ok that Slack says"),
      Row(statuses: [404...404], meaning: .repeated(.badAnswer), note: " without a word of Slack's"),
    ], otherwise: webhook, named: "webhook")

  /// For a URL that will never work again.
  private static let slackStops = [
    "account_inactive", "channel_is_archived", "channel_not_found", "invalid_auth", "invalid_token", "is_archived",
    "no_active_hooks", "no_service", "no_team", "team_disabled", "token_expired", "token_revoked",
  ]

  /// For a message that can't be edited or answered, though a new one can be posted (docs.slack.dev, "chat.update" and
  /// "chat.postMessage").
  private static let slackVanished = [
    "cannot_reply_to_message", "cant_update_message", "edit_window_closed", "message_not_found", "thread_not_found",
  ]

  /// For a message that will never be taken.
  private static let slackRefusals = [
    "action_prohibited", "invalid_attachments", "invalid_blocks", "invalid_blocks_format", "invalid_payload",
    "missing_scope", "missing_text_or_fallback_or_attachments", "msg_too_long", "no_text", "not_in_channel",
    "posting_to_general_channel_denied", "restricted_action", "too_many_attachments", "user_not_found",
  ]
}
