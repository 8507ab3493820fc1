import JSONSource
import Runs
import Testing

@testable import Rules

/// What people read is free of what only a terminal or a typesetter understands.
struct PlainTextTests {
  @Test(arguments: [
    (
      "\u{1B}[31mloss is NaN\u{1B}[0m at step 12\u{0} \u{202E}txt\u{202C} 😀\r\n100%|██| 12/12",
      "loss is NaN at step 12 txt 😀\n100%|██| 12/12"
    ),
    ("\u{1B}[38;2;1;2;3mred\u{1B}[m \u{9B}1mbold", "red bold"), ("a\u{1B}[?25lb\u{1B}[2Kc\u{1B}[10;20Hd", "abcd"),
    ("\u{1B}]0;a title\u{7}x \u{1B}]8;;https://a.example\u{1B}\\link\u{1B}]8;;\u{1B}\\ \u{9D}t\u{9C}y", "x link y"),
    ("\u{1B}Pq#0;1\u{1B}\\sixel \u{1B}_app\u{1B}\\ \u{1B}(Bset \u{1B}7save\u{1B}c", "sixel  set save"),
    ("a string \u{1B}]0;that never ends\nand goes on", "a string 0;that never ends\nand goes on"),
    ("cut in the middle \u{1B}[3", "cut in the middle "), ("at the end \u{1B}", "at the end "),
    ("\u{1}\u{7}\u{8}\u{7F}\u{80}a\tb\nc\rd\u{85}e\u{C}f", "a\tb\nc\nd\ne\nf"),
    ("\u{2066}a\u{2069}\u{200E}b\u{200F}c\u{61C}d", "abcd"),
    ("pass\u{200B}word\u{2060}\u{FEFF}\u{AD}s", "passwords"),
    (
      "👩‍👩‍👧 ❤️ می‌خواهم 🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} é e\u{301}",
      "👩‍👩‍👧 ❤️ می‌خواهم 🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} é e\u{301}"
    ),
    ("hidden\u{E0068}\u{E0069} words", "hidden words"), ("plain, with ümlaut – and …", "plain, with ümlaut – and …"),
  ])
  func `sequences go whole, and everything that can be read stays`(text: String, shown: String) {
    #expect(Array(PlainText.cleaned(text).unicodeScalars) == Array(shown.unicodeScalars))
  }

  private static let colours = "\u{1B}[31mred\u{1B}[0m <b>\u{0}"

  @Test func `a chat gets the text clean, a webhook and a program get it as it is`() throws {
    let event = try RunEvent.of(message: Self.colours)
    #expect(try chatText("{{message}}!", event) == "red &lt;b&gt;!")
    #expect(try chatText("{{uppercased(message)}} {{truncate3(message)}}", event) == "RED &lt;B&gt; red…")
    #expect(try argument("{{message}}", event) == Self.colours)
    let body = try webhookBody(#"{"m": "{{message}}", "t": "[{{message}}]"}"#, event)
    let root = try JSONDocument(parsing: Array(body.utf8)).root
    #expect(root["m"]?.string == Self.colours)
    #expect(root["t"]?.string == "[\(Self.colours)]")
  }

  @Test func `every way into a chat cleans: bodies, defaults, objects, sections`() throws {
    let attributes = JSONWriter.object { $0.member("k", Self.colours) }
    let event = try RunEvent.of(
      members: #""metadata":{"attributes":\#(String(decoding: attributes, as: UTF8.self))}"#, message: Self.colours)
    for text in ["{{attributes.k}}", "{{#attributes}}{{k}}{{/attributes}}", "{{#message}}{{.}}{{/message}}"] {
      #expect(try chatText(text, event) == "red &lt;b&gt;")
    }
    let rules = try ruleSet(
      #"{"name": "r", "actions": [{"send": "chat"}, {"send": "chat", "body": {"text": "{{message}}"}}]}"#)
    let bodies = rules.deliveries(for: event).compactMap(\.json)
    #expect(bodies.count == 2)
    for body in bodies { #expect(body.contains("red &lt;b&gt;") && !body.contains("u001b"), "\(body)") }
  }

  @Test func `a message of nothing but control characters is none`() throws {
    let event = try RunEvent.of(message: "\u{1B}[0m\u{0}\u{200B}")
    #expect(try chatText("{{#message}}has one{{/message}}{{^message}}has none{{/message}}", event) == "has none")
  }
}
