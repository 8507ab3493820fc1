extension BodyLimits {
  /// What an incoming webhook of Slack takes (docs.slack.dev, "Block Kit" and "Attachments"; the length of an attachment's title
  /// from prometheus/alertmanager `notify/slack`). A text that is too long anywhere, or an empty one where there must be one,
  /// makes it refuse the message with `invalid_blocks`.
  ///
  /// Slack says "characters". UTF-16 units are the strictest that it can mean. A message's text it cuts itself, at 40,000: ours
  /// ends a little before, with a mark that it was cut.
  static let slack = BodyLimits(
    [
      text("text", maxText, .slack, isRequired: true),
      BodyLimit("attachments", .list(max: 100, rest: #"{"text":"%"}"#)),
      text("attachments[].text", maxText, .slack), text("attachments[].pretext", maxText, .slack),
      text("attachments[].fallback", maxText), text("attachments[].title", 1_024),
      text("attachments[].footer", 300), text("attachments[].author_name", 1_024),
      text("attachments[].fields[].title", 1_024), text("attachments[].fields[].value", maxText, .slack),
    ] + blocks("blocks") + blocks("attachments[].blocks"))

  /// Of `chat.update`, which refuses a text of more than 4,000 characters (`msg_too_long`) that `chat.postMessage` takes
  /// (archive-slackblast#64, ChatGPT-in-Slack#102).
  static let slackEdit = BodyLimits([text("text", 3_900, .slack)])

  private static let maxText = 39_900

  private static func text(
    _ place: String, _ max: Int, _ markup: Markup = .plain, isRequired: Bool = false
  ) -> BodyLimit {
    BodyLimit(place, .text(TextLimit(max: max, unit: .utf16, markup: markup, isRequired: isRequired)))
  }

  private static func blocks(_ list: String) -> [BodyLimit] {
    let words = #"{"type":"mrkdwn","text":"%"}"#
    let section = "\(list)[section]"
    return [
      BodyLimit(list, .list(max: 50, rest: #"{"type":"context","elements":[\#(words)]}"#)),
      text("\(list)[].block_id", 255),
      text("\(list)[header].text.text", 150, isRequired: true),
      text("\(section).text.text", 3_000, .slack, isRequired: true),
      BodyLimit("\(section).fields", .list(max: 10, rest: words)),
      text("\(section).fields[].text", 2_000, .slack, isRequired: true),
      BodyLimit("\(list)[context].elements", .list(max: 10, rest: words)),
      BodyLimit("\(list)[actions].elements", .list(max: 25, rest: nil)),
      text("\(list)[image].title.text", 2_000, isRequired: true),
      text("\(list)[image].alt_text", 2_000, isRequired: true),
      text("\(list)[image].image_url", 3_000),
      text("\(list)[markdown].text", 12_000, .slack, isRequired: true),
      text("\(list)[video].title.text", 200, isRequired: true), text("\(list)[video].description.text", 200),
      text("\(list)[video].alt_text", 2_000, isRequired: true), text("\(list)[video].author_name", 50),
      text("\(list)[video].provider_name", 50),
    ] + ["mrkdwn", "plain_text"].map { text("\(list)[context].elements[\($0)].text", 3_000, .slack, isRequired: true) }
      + [text("\(list)[context].elements[image].alt_text", 2_000, isRequired: true)]
      + elements("\(section).accessory") + elements("\(list)[actions].elements[]")
  }

  /// Buttons, menus and pictures.
  private static func elements(_ place: String) -> [BodyLimit] {
    [
      text("\(place).text.text", 75, isRequired: true), text("\(place).action_id", 255), text("\(place).value", 2_000),
      text("\(place).url", 3_000), text("\(place).accessibility_label", 75),
      text("\(place).alt_text", 2_000, isRequired: true), text("\(place).placeholder.text", 150, isRequired: true),
      BodyLimit("\(place).options", .list(max: 100, rest: nil)),
      text("\(place).options[].text.text", 75, isRequired: true), text("\(place).options[].value", 150),
      text("\(place).options[].description.text", 75),
      text("\(place).confirm.title.text", 100, isRequired: true),
      text("\(place).confirm.text.text", 300, isRequired: true),
      text("\(place).confirm.confirm.text", 30, isRequired: true),
      text("\(place).confirm.deny.text", 30, isRequired: true),
    ]
  }
}
