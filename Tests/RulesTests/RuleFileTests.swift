import JSONSource
import Runs
import Secrets
import Testing

@testable import Rules

/// What a good file says.
struct RuleFileTests {
  /// The contract's own example, cut down to what exists.
  private static let example = #"""
    {
      "version": 1,
      "source": {                                   // optional; shown with its defaults
        "endpoint": "${env:DATATURE_VI_API_ENDPOINT:-https://api.vi.datature.com}",
        "organization": "${env:DATATURE_VI_ORGANIZATION_ID}",
        "secretKey": "${env:DATATURE_VI_SECRET_KEY}"
      },
      "watch": {
        "runs": ["run_abc123"],                     // only these
        "interval": "45s",
        "since": "2h",
      },
      "destinations": {
        "team-chat": {"type": "slack", "url": "${env:SLACK_WEBHOOK_URL}"},
        "registry":  {"type": "webhook", "url": "https://registry.example.com/vi",
                      "secret": "${env:SIGNING_KEY}", "headers": {"Authorization": "Bearer ${env:REGISTRY_TOKEN}"},
                      "timeout": "20s", "retryFor": "24h", "concurrency": 2,
                      "rateLimit": {"count": 10, "per": "1m"}}
      },
      "rules": [
        {"name": "tell-chat-on-failure", "on": ["failed", "error"],
         "actions": [{"send": "team-chat", "text": "{{flow}} failed after {{durationText}}: {{message}}"}]},
        {"name": "promote", "on": "succeeded", "match": {"attributes": {"stage": ["release"]}},
         "actions": [{"run": ["./promote.sh", "{{runId}}"], "id": "model", "timeout": "2h", "workingDirectory": "/srv",
                      "env": {"TOKEN": "${env:REGISTRY_TOKEN}"}},
                     {"send": "registry", "body": {"model": "{{runId}}", "seconds": "{{durationSeconds}}"}}]},
        {"name": "wall", "actions": [{"shell": "echo \"$VI_RUN_ID is over\" | wall"}, {"send": "registry"}]},
      ]
    }
    """#

  private func read(_ text: String = example) -> (RuleFile?, [Diagnostic]) {
    let secrets = SecretSource(environment: [
      "DATATURE_VI_ORGANIZATION_ID": "org", "DATATURE_VI_SECRET_KEY": "dtvi_x", "REGISTRY_TOKEN": "t-1234",
      "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x",
      "SIGNING_KEY": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    ])
    return RuleFile.read(Array(text.utf8), secrets: secrets)
  }

  @Test func `the contract's example passes without a word`() throws {
    let (file, diagnostics) = read()
    #expect(diagnostics == [])
    let rules = try #require(file).rules
    #expect(rules.map(\.name) == ["tell-chat-on-failure", "promote", "wall"])
    #expect(
      rules.map(\.triggers) == [
        [.phase(.failed), .phase(.error)], [.phase(.succeeded)],
        [.phase(.succeeded), .phase(.failed), .phase(.error), .phase(.cancelled)],
      ])
    #expect(
      rules.map { $0.actions.map(\.label) } == [
        ["actions[0]"], ["model", "actions[1]"], ["actions[0]", "actions[1]"],
      ])
    #expect(rules[1].actions[0].options.timeout == .seconds(7200))
    let hook = try #require(rules[1].actions[0].action as? RunAction).hook
    #expect(hook.workingDirectory == "/srv")
    #expect(hook.environment.map(\.name) == ["TOKEN"])
    #expect(hook.environment.map(\.value.source) == ["${env:REGISTRY_TOKEN}"])
  }

  @Test func `the destinations of the example have what was written, and defaults for the rest`() throws {
    let file = try #require(read().0)
    #expect(file.destinations.map(\.name) == ["registry", "team-chat"])
    let (registry, chat) = (file.destinations[0], file.destinations[1])
    #expect(registry.kind == .webhook)
    #expect((registry.destination as? Webhook)?.secrets.map(\.source) == ["${env:SIGNING_KEY}"])
    #expect(registry.http.headers.map(\.name) == ["Authorization"])
    #expect(registry.http.headers.map(\.value.source) == ["Bearer ${env:REGISTRY_TOKEN}"])
    let common = registry.common
    #expect((common.timeout, common.retryFor, common.concurrency) == (.seconds(20), .seconds(86_400), 2))
    #expect(common.rateLimit == RateLimit(count: 10, per: .seconds(60)))
    #expect(chat.kind == .slack)
    #expect(chat.common.rateLimit == RateLimit(count: 1, per: .seconds(1)))
    #expect(
      (chat.common.timeout, chat.common.retryFor, chat.common.concurrency) == (.seconds(15), .seconds(259_200), 4))
  }

  @Test func `source and watch have their defaults when they are not written`() throws {
    let file = try #require(read(#"{"version": 1, "rules": [{"name": "r", "actions": [{"shell": "x"}]}]}"#).0)
    #expect(file.source.endpoint.source == "${env:DATATURE_VI_API_ENDPOINT:-https://api.vi.datature.com}")
    #expect(file.source.organization.source == "${env:DATATURE_VI_ORGANIZATION_ID}")
    #expect(file.source.secretKey.source == "${env:DATATURE_VI_SECRET_KEY}")
    #expect(file.watch.runs == [])
    #expect(file.watch.interval == .seconds(30))
    #expect(file.watch.since == .now)
    let written = try #require(read().0)
    #expect(written.watch.runs == ["run_abc123"])
    #expect(written.watch.interval == .seconds(45))
    #expect(written.watch.since == .ago(.seconds(7200)))
  }

  @Test func `a webhook is sent to as fast as it can be when nothing is written`() throws {
    let text =
      #"{"version": 1, "destinations": {"d": {"type": "webhook", "url": "https://x.example"}}, "rules": [{"name": "r", "actions": [{"send": "d"}]}]}"#
    #expect(try #require(read(text).0).destinations[0].common.rateLimit == nil)
  }

  @Test func `how to connect is what was written, and else nothing special`() throws {
    let plain = try #require(read().0)
    #expect(plain.source.ca == nil)
    let usual = plain.destinations[0].http
    #expect((usual.ca == nil, usual.clientCertificate == nil) == (true, true))
    #expect((usual.allowsHTTP2, usual.allowsPrivate) == (false, true))
    let text = #"""
      {"version": 1, "source": {"ca": "/ca/vi.pem"}, "destinations": {"d": {
         "type": "slack", "url": "https://x.example", "ca": "/ca/chat.pem", "clientCertificate": "/c.pem",
         "clientKey": "/k.pem", "http2": true, "allowPrivate": false}},
       "rules": [{"name": "r", "actions": [{"send": "d"}]}]}
      """#
    let file = try #require(read(text).0)
    #expect(file.source.ca?.source == "/ca/vi.pem")
    let written = file.destinations[0].http
    #expect(written.ca?.source == "/ca/chat.pem")
    #expect(written.clientCertificate?.source == "/c.pem")
    #expect(written.clientKey?.source == "/k.pem")
    #expect((written.allowsHTTP2, written.allowsPrivate) == (true, false))
  }

  @Test func `since is now, all, a duration or a time`() {
    #expect(Since(notation: "now") == .now)
    #expect(Since(notation: "all") == .all)
    #expect(Since(notation: "7d") == .ago(.seconds(604_800)))
    #expect(Since(notation: "1970-01-01T00:00:05Z") == .at(Timestamp(milliseconds: 5_000)))
    for bad in ["", "Now", "yesterday", "5", "2026-11-23"] { #expect(Since(notation: bad) == nil, "\(bad)") }
  }

  @Test func `a secret in the file itself is a warning and no error`() throws {
    let marked = MarkedFile(
      #"""
      {"version": 1, "source": {"secretKey": 1️⃣"dtvi_x", "organization": "o"},
       "destinations": {"d": {"type": "webhook", "url": "https://x.example", "secret": 2️⃣"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"}},
       "rules": [{"name": "r", "actions": [{"send": "d"}]}]}
      """#)
    let text = "warning: a secret stands in the file itself (write ${env:NAME} or ${file:/path} instead)"
    #expect(marked.diagnostics == marked.places.map { "\($0) \(text)" })
    #expect(marked.places.count == 2)
  }
}
