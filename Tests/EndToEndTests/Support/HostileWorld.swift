import Simulator
import TestSupport

/// The runs of a hostile world, and the rules that tell of them.
struct HostileWorld: Sendable {
  static let sacrifices = (0..<8).map { "doomed\($0)" }
  static let secrets = [
    "SIGNING": "whsec_aG9zdGlsZS13b3JsZC1zaWduaW5nLXNlY3JldA==", "TOKEN": "token-of-the-hostile-world-17",
    "CHAT_PATH": "T00HOSTILE/B00WORLD",
  ]

  let runs: [ScriptedRun]
  /// All that somebody must be told of, once.
  let messages: Set<HostileLedger.Message>

  /// - Parameter seconds: in which runs live; the last ends before that.
  init(seconds: Int, _ random: inout SeededGenerator) {
    var runs = (0..<150).map { ScriptedRun.ended("run_old_\($0)", ago: 60_000 + Int64($0) * 50_000) }
    var messages: Set<HostileLedger.Message> = []
    // A second on average between two, more in a world that lasts: its list is read by us as well.
    let pace: Int64 = seconds > 600 ? 1_500 : 250
    var time: Int64 = 2_000
    while time < Int64(seconds) * 1_000 - 9_000 {
      let run = Self.run(number: runs.count, at: time, &random)
      messages.formUnion(Self.messages(of: run))
      runs.append(run)
      time += Int64.random(in: 1...pace * 2, using: &random)
    }
    self.runs = runs
    self.messages = messages
  }

  private static let texts = [
    "CUDA out of memory.", "\u{1B}[31mred\u{1B}]0;owned\u{7}", "a\nb\r\nc", "\u{202E}txt \u{0}",
    "{{runId}} ${env:TOKEN}", "🚀 é\u{301}",
    "<!channel> & <https://evil.example|x>", "'; touch pwned; '", String(repeating: "long ", count: 2_000),
  ]

  private static func run(number: Int, at time: Int64, _ random: inout SeededGenerator) -> ScriptedRun {
    func chance(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &random) < part }
    var run = ScriptedRun("run_\(number)", flow: chance(0.2) ? "\u{1B}[1mflow" : "detector", created: time)
    run.attributes = [
      "chat": chance(0.3) ? "yes" : "no", "hook": chance(0.3) ? "yes" : "no",
      "doomed": chance(0.2) ? "\(number % sacrifices.count)" : "no",
    ]
    let start = time + Int64.random(in: 0...1_500, using: &random)
    let end = start + Int64.random(in: 200...6_000, using: &random)
    let phases: [ScriptedRun.Phase] = [.succeeded, .failed, .error, .cancelled]
    run.life = [
      .init(at: start, .running),
      .init(
        at: end, phases.randomElement(using: &random) ?? .failed, reason: "Odd",
        message: texts.randomElement(using: &random)),
      .init(at: end + 600_000, .deleted),
    ]
    return run
  }

  private static func messages(of run: ScriptedRun) -> [HostileLedger.Message] {
    var inboxes = ["hub"]
    if run.attributes["chat"] == "yes" { inboxes.append("chat") }
    if run.attributes["hook"] == "yes" { inboxes.append("after") }
    return inboxes.map { HostileLedger.Message(inbox: $0, run: run.runID) }
  }

  /// The sacrifices are told of things in vain; `never` must not be told of anything.
  static let rules: String = {
    let webhook =
      #""type": "webhook", "timeout": "10s", "headers": {"X-Life": "${env:LIFE}", "Authorization": "Bearer ${env:TOKEN}"}"#
    let doomed = sacrifices.map { #""\#($0)": {\#(webhook), "retryFor": "5s", "url": "ENDPOINT/inbox/\#($0)"}"# }
    let ends = sacrifices.enumerated().map { number, name in
      #"{"name": "\#(name)", "match": {"attributes": {"doomed": ["\#(number)"]}}, "actions": [{"send": "\#(name)"}]}"#
    }
    return #"""
      {"version": 1, "watch": {"interval": "100ms", "fullSweep": "20s"},
       "destinations": {
         "hub": {\#(webhook), "url": "ENDPOINT/inbox/hub", "secret": "${env:SIGNING}", "concurrency": 8},
         "after": {\#(webhook), "url": "ENDPOINT/inbox/after"},
         "never": {\#(webhook), "url": "ENDPOINT/inbox/never"},
         "chat": {"type": "slack", "url": "ENDPOINT/inbox/chat/${env:LIFE}/${env:CHAT_PATH}",
                  "timeout": "10s", "rateLimit": {"count": 30, "per": "1s"}},
         \#(doomed.joined(separator: ",\n     "))},
       "rules": [
         {"name": "starts", "on": "running", "actions": [{"send": "hub"}]},
         {"name": "ends", "actions": [{"send": "hub"}]},
         {"name": "chat", "match": {"attributes": {"chat": ["yes"]}},
          "actions": [{"send": "chat", "text": "{{runId}} is {{phase}}, {{flow}}: {{message}}"}]},
         {"name": "hook", "match": {"attributes": {"hook": ["yes"]}},
          "actions": [{"shell": "echo \"$VI_RUN_ID $VI_DELIVERY_ID\" >> hooks.txt; echo \"$VI_MESSAGE\"", "id": "note",
                       "then": [{"send": "after", "body": {"run": "{{runId}}", "said": "{{steps.note.stdout}}"}}]}]},
         {"name": "gone", "on": "disappeared", "actions": [{"send": "never"}]},
         {"name": "stuck", "on": "running", "for": "12h", "actions": [{"send": "never"}]},
         \#(ends.joined(separator: ",\n     "))]}
      """#
  }()
}
