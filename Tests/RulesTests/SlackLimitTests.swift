import JSONSource
import Testing

@testable import Rules

/// Whatever a run says, each part of a Slack message stays within what Slack takes.
struct SlackLimitTests {
  private func fitted(_ body: String) throws -> JSONNode {
    let bytes = BodyLimits.slack.fit(Array(body.utf8))
    return try JSONDocument(parsing: bytes).root
  }

  private func quoted(_ text: String) -> String {
    var json = JSONWriter()
    json.string(text)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static let long = String(repeating: "a <line> & \"more\"\n", count: 9_000)

  /// A place and what Slack takes there.
  private static let places: [(body: String, path: [String], most: Int)] = [
    (#"{"text": %}"#, ["text"], 39_900),
    (#"{"blocks": [{"type": "header", "text": {"type": "plain_text", "text": %}}]}"#, ["blocks", "text", "text"], 150),
    (#"{"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": %}}]}"#, ["blocks", "text", "text"], 3_000),
    (
      #"{"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": %}]}]}"#, ["blocks", "fields", "text"],
      2_000
    ),
    (
      #"{"blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": %}]}]}"#,
      ["blocks", "elements", "text"], 3_000
    ),
    (
      #"{"blocks": [{"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": %}}]}]}"#,
      ["blocks", "elements", "text", "text"], 75
    ),
    (
      #"{"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "accessory": {"type": "button", "text": {"text": %}}}]}"#,
      ["blocks", "accessory", "text", "text"], 75
    ),
    (#"{"blocks": [{"type": "image", "image_url": "x", "alt_text": %}]}"#, ["blocks", "alt_text"], 2_000),
    (#"{"attachments": [{"text": %}]}"#, ["attachments", "text"], 39_900),
    (#"{"attachments": [{"fallback": "x", "title": %}]}"#, ["attachments", "title"], 1_024),
    (
      #"{"attachments": [{"blocks": [{"type": "header", "text": {"type": "plain_text", "text": %}}]}]}"#,
      ["attachments", "blocks", "text", "text"], 150
    ),
  ]

  private func leaf(_ root: JSONNode, _ path: [String]) -> String? {
    path.reduce(Optional(root)) { node, key in
      let inner = node?[key]
      return inner?.elements?.first ?? inner
    }?.string
  }

  @Test(arguments: places.indices)
  func `a text is cut with an ellipsis in each place that has a limit, and stays whole up to it`(index: Int) throws {
    let (body, path, most) = Self.places[index]
    let cut = try #require(leaf(try fitted(body.replacing("%", with: quoted(Self.long))), path))
    #expect(LimitUnit.utf16.count(cut) <= most && LimitUnit.utf16.count(cut) > most - 20)
    #expect(cut.hasSuffix("…") && Self.long.hasPrefix(cut.dropLast()))
    for length in [most - 1, most] {
      let whole = String(repeating: "é", count: length)
      #expect(try leaf(fitted(body.replacing("%", with: quoted(whole))), path) == whole)
    }
    let over = try #require(
      leaf(try fitted(body.replacing("%", with: quoted(String(repeating: "é", count: most + 1)))), path))
    #expect(over == String(repeating: "é", count: most - 1) + "…")
  }

  @Test(
    arguments: places.indices.filter {
      ["text", "alt_text"].contains(places[$0].path.last) && places[$0].most != 39_900
    })
  func `a text that Slack insists on is never empty, and never anything but a text`(index: Int) throws {
    let (body, path, _) = Self.places[index]
    for (written, expected) in [("\"\"", "–"), ("null", "–"), ("8040", "8040"), ("true", "true")] {
      #expect(try leaf(fitted(body.replacing("%", with: written)), path) == expected)
    }
  }

  @Test func `what is within all limits stays the same, byte for byte`() {
    let body = Array(
      #"{ "text":"\u0041", "blocks": [{"type":"header","text":{"type":"plain_text","text":"x"}}, {"type":"new","text":7}], "z": 1.0 }"#
        .utf8)
    #expect(BodyLimits.slack.fit(body) == body)
    #expect(BodyLimits.slack.fit(Array("no json".utf8)) == Array("no json".utf8))
  }

  @Test(arguments: [50, 51, 62]) func `blocks over the fiftieth are counted in the last one`(count: Int) throws {
    let block = #"{"type": "divider"}"#
    let list = Array(repeating: block, count: count).joined(separator: ", ")
    let blocks = try #require(try fitted(#"{"blocks": [\#(list)], "after": 1}"#)["blocks"]?.elements)
    #expect(blocks.count == 50)
    let last = blocks[49]["elements"]?.elements?.first?["text"]?.string
    #expect(last == (count == 50 ? nil : "… and \(count - 49) more"))
  }

  @Test func `fields, elements of a context, buttons and attachments have a most of their own`() throws {
    func list(_ element: String, _ count: Int) -> String {
      Array(repeating: element, count: count).joined(separator: ",")
    }
    let text = #"{"type":"mrkdwn","text":"x"}"#
    let root = try fitted(
      #"""
      {"blocks": [{"type": "section", "fields": [\#(list(text, 12))]}, {"type": "context", "elements": [\#(list(text, 11))]},
        {"type": "actions", "elements": [\#(list(#"{"type":"button","text":{"text":"x"}}"#, 30))]}],
       "attachments": [\#(list(#"{"text":"x"}"#, 120))]}
      """#)
    let blocks = try #require(root["blocks"]?.elements)
    #expect(blocks[0]["fields"]?.elements?.count == 10)
    #expect(blocks[0]["fields"]?.elements?.last?["text"]?.string == "… and 3 more")
    #expect(blocks[1]["elements"]?.elements?.count == 10)
    #expect(blocks[1]["elements"]?.elements?.last?["text"]?.string == "… and 2 more")
    #expect(blocks[2]["elements"]?.elements?.count == 25)
    #expect(root["attachments"]?.elements?.count == 100)
    #expect(root["attachments"]?.elements?.last?["text"]?.string == "… and 21 more")
  }

  @Test func `the message of the field case fits, however it is used`() throws {
    let letters = String(repeating: "a" + String(repeating: "\u{301}", count: 3_000), count: 60)
    #expect(letters.count == 60)
    let text = try #require(try fitted(#"{"text": \#(quoted(letters))}"#)["text"]?.string)
    #expect(LimitUnit.utf16.count(text) <= 39_900)
    #expect(letters.hasPrefix(text.dropLast()) && text.hasSuffix("…"))
  }
}
