import Testing

@testable import Rules

/// What Slack would refuse is refused when the file is checked.
struct BodyShapeTests {
  private func expect(_ body: String, _ messages: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation)
  {
    let file = MarkedFile(
      """
      {"version": 1, "destinations": {"chat": {"type": "slack", "url": "${env:SLACK_URL}"}}, "rules": [
      {"name": "r", "actions": [{"send": "chat", "body": \(body)}]}]}
      """)
    let expected = zip(file.places, messages).map { "\($0) \($1)" }
    #expect(file.places.count == messages.count, "one mark for each message", sourceLocation: sourceLocation)
    #expect(file.diagnostics == expected, sourceLocation: sourceLocation)
  }

  private static let empty =
    "error: rules[0].actions[0].body has no text, blocks or attachments: slack refuses such a message (no_text) "
    + #"(write {"text": …})"#

  @Test func `a message needs a text, blocks or attachments`() {
    expect("1️⃣{}", Self.empty)
    expect(#"1️⃣{"text": "", "blocks": [], "attachments": null}"#, Self.empty)
    expect(
      #"1️⃣{2️⃣"foo": "{{flow}}", 3️⃣"txt": "x"}"#, Self.empty,
      #"warning: slack knows no "foo" in a message, and passes over it"#,
      #"warning: slack knows no "txt" in a message, and passes over it (did you mean "text"?)"#)
    for body in [#"{"text": "{{flow}}"}"#, #"{"attachments": [{"text": "x"}]}"#, #"{"blocks": [{"type": "divider"}]}"#]
    {
      expect(body)
    }
    for (body, kind) in [(#""{{flow}}""#, "a string"), ("[]", "a list"), ("7", "a number")] {
      expect(
        "1️⃣\(body)",
        "error: rules[0].actions[0].body must be an object for a destination of type slack, and is \(kind) "
          + #"(write {"text": …})"#)
    }
  }

  @Test func `blocks are objects with a type, and have what their type needs`() {
    let known =
      "actions, context, context_actions, divider, file, header, image, input, markdown, rich_text, section, table, video"
    expect(
      #"{"text": "x", "blocks": 1️⃣"{{flow}}"}"#,
      "error: slack refuses this: a list of objects must stand here, and it is a string")
    expect(
      #"{"blocks": [1️⃣"x", 2️⃣{}, {"type": 3️⃣"heading"}]}"#,
      #"error: slack refuses this: an object with a "type" must stand here (known here: \#(known))"#,
      #"error: slack refuses this: an object with a "type" must stand here (known here: \#(known))"#,
      #"warning: we know no "heading" of slack (known here: \#(known))"#)
    expect(
      #"""
      {"blocks": [1️⃣{"type": "header", "text": "{{flow}}"}, 2️⃣{"type": "section"}, 3️⃣{"type": "context", "elements": []},
       4️⃣{"type": "image", "image_url": "x"}, {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}]}],
       "attachments": [{"blocks": [5️⃣{"type": "section", "text": {"type": "mrkdwn"}}]}]}
      """#,
      #"error: slack refuses a header without text (a text is like {"type": "plain_text", "text": "…"})"#,
      #"error: slack refuses a section without text or fields (a text is like {"type": "mrkdwn", "text": "…"})"#,
      "error: slack refuses a context without elements", "error: slack refuses a image without alt_text",
      #"error: slack refuses a section without text or fields (a text is like {"type": "mrkdwn", "text": "…"})"#)
  }

  @Test func `lists are not longer than Slack takes, and texts that will be cut are told`() {
    func list(_ element: String, _ count: Int) -> String {
      Array(repeating: element, count: count).joined(separator: ",")
    }
    let rest = "(leave some out, or send them in several actions)"
    let blocks = list(#"{"type":"divider"}"#, 51)
    expect(#"{"blocks": 1️⃣[\#(blocks)]}"#, "error: 51 stand in this list, and slack takes at most 50 \(rest)")
    let fields = list(#"{"type":"mrkdwn","text":"x"}"#, 11)
    expect(
      #"{"attachments": [{"blocks": [{"type": "section", "fields": 1️⃣[\#(fields)]}]}]}"#,
      "error: 11 stand in this list, and slack takes at most 10 \(rest)")
    let long = String(repeating: "x", count: 151)
    expect(
      #"{"blocks": [{"type": "header", "text": {"type": "plain_text", "text": 1️⃣"\#(long)"}}]}"#,
      "warning: slack takes at most 150 characters here: the rest of this text will be cut off")
    expect(#"{"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "{{flow}}\#(long)"}}]}"#)
  }
}
