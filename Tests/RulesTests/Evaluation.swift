import JSONSource
import Runs
import Secrets
import Storage
import Testing

@testable import Rules

/// Rules over destinations `chat` (slack) and `hook-in` (webhook), compiled.
func ruleSet(_ rules: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> RuleSet {
  let text = """
    {"version": 1, "destinations": {"chat": {"type": "slack", "url": "https://chat.example/x"},
      "hook-in": {"type": "webhook", "url": "https://x.example/in"}}, "rules": [\(rules)]}
    """
  let (file, diagnostics) = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:]))
  return try RuleSet(#require(file, "\(diagnostics)", sourceLocation: sourceLocation))
}

extension RuleSet {
  func deliveries(for event: RunEvent) -> [PlannedDelivery] {
    deliveries(for: [event]).flatMap { $0 }
  }
}

extension RunEvent {
  /// An event of a run that has these members besides `runId` and `status`.
  static func of(
    _ phase: String = "Failed", members: String = "", message: String? = nil, at time: Int64 = 1_795_427_160_000
  ) throws -> RunEvent {
    let document = JSONWriter.object { json in
      json.member("runId", "run_1")
      json.member("status") { json in
        json.object { json in
          json.member("conditions") { json in
            json.array([phase]) { json, name in
              json.object { json in
                json.member("condition", name)
                json.member("lastTransitionTime", time)
                json.member("message", message)
              }
            }
          }
        }
      }
      if !members.isEmpty { json.raw(Array(members.utf8)) }
    }
    let run = try Run(parsing: document)
    return RunEvent(
      run, reading: run.reading, previousPhase: .running,
      origin: .init(organization: "org", endpoint: "https://api.example"))
  }
}

extension RunEvent {
  /// A run that has been running for so long.
  static func of(staying stay: Duration) throws -> RunEvent {
    let text = #"{"runId":"run_1","status":{"conditions":[{"condition":"Running","lastTransitionTime":1}]}}"#
    let run = try Run(parsing: Array(text.utf8))
    return RunEvent(
      run, reading: run.reading, stayed: stay, origin: .init(organization: "org", endpoint: "https://api.example"))
  }
}

extension PlannedDelivery {
  /// The rendered JSON, or nil.
  var json: String? {
    if case .delivery(.body(let bytes)) = content { String(decoding: bytes, as: UTF8.self) } else { nil }
  }

  var arguments: [String]? {
    if case .run(let words)? = hook?.command { words } else { nil }
  }

  var hook: HookCall? {
    if case .delivery(.hook(let call)) = content { call } else { nil }
  }

  /// What a hook gets of the steps before it.
  var variables: [HookCall.Result] { hook?.results ?? [] }
}

/// What a text to the chat destination says, read back out of its JSON.
func chatText(_ text: String, _ event: RunEvent) throws -> String {
  let literal = JSONWriter.object {
    $0.member("send", "chat")
    $0.member("text", text)
  }
  let rules = try ruleSet(#"{"name": "r", "on": "any", "actions": [\#(String(decoding: literal, as: UTF8.self))]}"#)
  let body = try #require(rules.deliveries(for: event).first?.json)
  return try #require(JSONDocument(parsing: Array(body.utf8)).root["text"]?.string)
}

/// What one element of a command's arguments becomes.
func argument(_ text: String, _ event: RunEvent) throws -> String {
  let literal = JSONWriter.object { $0.member("run") { $0.array([text]) { $0.string($1) } } }
  let rules = try ruleSet(#"{"name": "r", "on": "any", "actions": [\#(String(decoding: literal, as: UTF8.self))]}"#)
  let words = try #require(rules.deliveries(for: event).first?.arguments)
  #expect(words.count == 1)
  return try #require(words.first)
}

/// What a body to the webhook destination becomes.
func webhookBody(_ body: String, _ event: RunEvent) throws -> String {
  let rules = try ruleSet(#"{"name": "r", "on": "any", "actions": [{"send": "hook-in", "body": \#(body)}]}"#)
  return try #require(rules.deliveries(for: event).first?.json)
}
