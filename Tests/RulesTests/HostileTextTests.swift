import JSONSource
import Runs
import Testing

@testable import Rules

/// Whatever a run says, it stays plain data: it breaks neither JSON nor markup nor argv, and is never a template.
struct HostileTextTests {
  static let hostile = [
    #"a "quoted" \ text"#, "two\nlines\r\n\tand a tab", "😀👩‍👩‍👧 e\u{301}", "{{flow}}", "{{{run}}}", "{{#run}}{{/run}}",
    "}}", "${env:HOME}",
    #"","admin":true,"x":""#, "\u{0}\u{1}\u{1F}\u{7F}", "<!channel>", "<@U123> <https://evil.example|click> & done",
    "<\u{301}!channel>\u{301}", "<\u{FE0F}!here>", "&lt;!channel&gt;", "&\u{20E3}amp;", "$(reboot); `x` | y", "-rf",
    "--",
    "\u{2028}\u{2029}", "\u{202E}drow", String(repeating: "x<\"\n", count: 25_000),
  ]

  @Test(arguments: hostile.indices)
  func `a text of a body is the same text again when the JSON is read`(index: Int) throws {
    let text = Self.hostile[index]
    let event = try RunEvent.of(message: text)
    let body = try webhookBody(#"{"whole": "{{message}}", "part": "[{{message}}]", "last": 1}"#, event)
    let root = try JSONDocument(parsing: Array(body.utf8)).root
    #expect(root.members?.map(\.key) == ["whole", "part", "last"])
    #expect(bytes(root["whole"]) == Array(text.utf8))
    #expect(bytes(root["part"]) == Array("[\(text)]".utf8))
  }

  @Test(arguments: hostile.indices)
  func `in a chat message no character of its markup is left, wherever the text stands`(index: Int) throws {
    let text = Self.hostile[index]
    let members = JSONWriter.object { $0.member("name", text) }
    let attributes = JSONWriter.object { $0.member("k", text) }
    let event = try RunEvent.of(
      members: #""spec":{"flow":\#(String(decoding: members, as: UTF8.self))},"#
        + #""metadata":{"attributes":\#(String(decoding: attributes, as: UTF8.self))}"#, message: text)
    let shown = try chatText("{{message}}", event)
    #expect(unescaped(shown) == Array(PlainText.cleaned(text).utf8))
    let templates = [
      "{{flow}}", "{{attributes}}", "{{attributes.k}}", "{{#attributes}}{{k}}{{/attributes}}", "{{run}}",
    ]
    // The long text is slow in a debug build: once is enough.
    for template in text.utf8.count < 1_000 ? templates : [] {
      #expect(isPlain(try chatText(template, event)), "\(template)")
    }
  }

  @Test(arguments: hostile.indices.dropLast())
  func `the words of a rule keep their markup beside it, in a text and in a body`(index: Int) throws {
    let event = try RunEvent.of(message: Self.hostile[index])
    let text = try chatText("<!here> {{message}}", event)
    #expect(text.hasPrefix("<!here> "))
    #expect(isPlain(String(text.unicodeScalars.dropFirst(8))))
    let rules = try ruleSet(
      #"{"name": "r", "actions": [{"send": "chat", "body": {"text": "{{message}}", "n": ["{{run}}", "{{durationSeconds}}"]}}]}"#
    )
    let body = try #require(rules.deliveries(for: event).first?.json)
    let root = try JSONDocument(parsing: Array(body.utf8)).root
    for leaf in [root["text"], root["n"]?.elements?.first] { #expect(isPlain(try #require(leaf?.string))) }
  }

  @Test(arguments: hostile.indices)
  func `an element of argv stays one argument`(index: Int) throws {
    let text = Self.hostile[index]
    let rules = try ruleSet(#"{"name": "r", "actions": [{"run": ["./x", "{{message}}", "--m={{message}}", "z"]}]}"#)
    let words = try #require(try rules.deliveries(for: .of(message: text)).first?.arguments)
    #expect(words.map { Array($0.utf8) } == ["./x", text, "--m=\(text)", "z"].map { Array($0.utf8) })
  }

  private func bytes(_ node: JSONNode?) -> [UInt8]? {
    node?.string.map { Array($0.utf8) }
  }

  /// No byte of Slack's markup, but for the escapes.
  private func isPlain(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.indices.allSatisfy { index in
      switch bytes[index] {
      case UInt8(ascii: "<"), UInt8(ascii: ">"): false
      case UInt8(ascii: "&"): ["&amp;", "&lt;", "&gt;"].contains { bytes[index...].starts(with: $0.utf8) }
      default: true
      }
    }
  }

  private func unescaped(_ text: String) -> [UInt8] {
    Array(
      String(
        text.unicodeScalars.replacing("&lt;".unicodeScalars, with: "<".unicodeScalars)
          .replacing("&gt;".unicodeScalars, with: ">".unicodeScalars)
          .replacing("&amp;".unicodeScalars, with: "&".unicodeScalars)
      ).utf8)
  }
}
