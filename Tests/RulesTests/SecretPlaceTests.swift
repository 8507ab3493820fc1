import Runs
import Secrets
import Testing

@testable import Rules

/// Where secrets stand in a rules file, and what is kept of one.
struct SecretPlaceTests {
  private func copy(_ text: String) -> String {
    let source = SecretSource(environment: MarkedFile.environment)
    let reading = RuleFile.reading(Array(text.utf8), secrets: source)
    #expect(reading.file != nil, "\(reading.diagnostics)")
    return String(decoding: RuleFile.copy(of: Array(text.utf8), masking: reading.masks), as: UTF8.self)
  }

  @Test func `the copy of a rules file has no secret in it, no comment, and every other word as it was`() {
    let text = #"""
      // The old key: dtvi_old_key
      {"version": 1, "source": {"secretKey": "dtvi_failed"},
       "destinations": {
         "chat": {"type": "slack", "url": "https://chat.example/failed"},
         "hub": {"type": "webhook", "url": "${env:SLACK_URL}/${env:TOKEN}/tail", /* no */ "secret": ["${env:KEY}", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"],
                 "headers": {"Authorization": "Bearer literal-token", "X-Stage": "failed"}}},
       "rules": [{"name": "failed", "on": "failed", "match": {"durationSeconds": [1.50]},
         "actions": [{"shell": "echo dtvi_failed", "env": {"API_TOKEN": "failed", "STAGE": "failed"},
                      "then": [{"run": ["x"], "env": {"NEXT_TOKEN": "literal-token"}}]}]}]}
      """#
    #expect(
      copy(text)
        == #"{"version":1,"source":{"secretKey":"•••"},"destinations":{"chat":{"type":"slack","url":"https://chat.example•••"},"#
        + #""hub":{"type":"webhook","url":"${env:SLACK_URL}•••${env:TOKEN}•••","secret":["${env:KEY}","•••"],"#
        + #""headers":{"Authorization":"•••","X-Stage":"failed"}}},"#
        + #""rules":[{"name":"failed","on":"failed","match":{"durationSeconds":[1.50]},"#
        + #""actions":[{"shell":"echo dtvi_failed","env":{"API_TOKEN":"•••","STAGE":"failed"},"#
        + #""then":[{"run":["x"],"env":{"NEXT_TOKEN":"•••"}}]}]}]}"#)
  }

  @Test func `rules that were kept decide as they did`() {
    let text = #"""
      {"version": 1, "destinations": {"chat": {"type": "slack", "url": "https://chat.example/failed"}},
       "rules": [{"name": "a", "on": "failed", "actions": [{"send": "chat"}]}]}
      """#
    let rules = RuleFile.rules(remembered: Array(copy(text).utf8))
    #expect(rules.map(\.name) == ["a"])
    #expect(rules.first?.triggers == [.phase(.failed)])
  }

  @Test func `credentials that are too short to be struck out are refused or warned of`() {
    let file = MarkedFile(
      #"""
      {"version": 1, "source": {"secretKey": 1️⃣"short"},
       "destinations": {"hub": {"type": "webhook", "url": "https://x.example", "secret": 2️⃣"abcde",
         "headers": {"X-Api-Key": 3️⃣"abc", "X-Stage": "abc"}}},
       "rules": [{"name": "a", "actions": [{"shell": "x", "env": {"TOKEN": 4️⃣"x", "STAGE": "x"}}]}]}
      """#)
    let tooShort = "is shorter than 6 characters"
    let refused = "\(tooShort) (check what it stands for: no key is that short)"
    let warned = "\(tooShort): it can't be kept out of logs (use a longer one)"
    #expect(
      file.diagnostics == [
        "\(file.places[0]) error: source.secretKey \(refused)",
        "\(file.places[1]) error: destinations.hub.secret \(refused)",
        "\(file.places[2]) warning: destinations.hub.headers.X-Api-Key \(warned)",
        "\(file.places[3]) warning: rules[0].actions[0].env.TOKEN \(warned)",
      ])
  }
}
