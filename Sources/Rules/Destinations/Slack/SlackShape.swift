extension BodyShape {
  /// Of an incoming webhook of Slack (docs.slack.dev, "chat.postMessage" and "Block Kit"); what an answer such as `no_text`
  /// means is in its "Errors".
  static let slack = BodyShape(
    anyOf: ["text", "blocks", "attachments"], refusal: "no_text",
    known: [
      "text", "blocks", "attachments", "channel", "username", "icon_emoji", "icon_url", "link_names", "mrkdwn", "parse",
      "thread_ts", "reply_broadcast", "unfurl_links", "unfurl_media", "response_type", "replace_original",
      "delete_original", "metadata", "as_user",
    ],
    lists: ["blocks": blocks, "attachments[].blocks": blocks])

  private static let blocks: [String: [Need]] = [
    "header": [Need(anyOf: ["text.text"])],
    "section": [Need(anyOf: ["text.text", "fields"])],
    "context": [Need(anyOf: ["elements"])],
    "actions": [Need(anyOf: ["elements"])],
    "image": [Need(anyOf: ["image_url", "slack_file"]), Need(anyOf: ["alt_text"])],
    "markdown": [Need(anyOf: ["text"])],
    "divider": [], "video": [], "rich_text": [], "table": [], "file": [], "input": [], "context_actions": [],
  ]
}
