import Crypto
import FoundationEssentials
import JSONSource
import Simulator
import Testing

/// Runs end, and the world hears of it.
@Suite(.timeLimit(.minutes(6))) struct MainJobTests {
  private static let key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  private static let rules = """
    {"version": 1,
     // Comments and trailing commas are fine.
     "watch": {"interval": "100ms", "since": "all"},
     "destinations": {
       "hub":  {"type": "webhook", "url": "ENDPOINT/inbox/hub", "secret": "${env:SIGNING}"},
       "chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"},
     },
     "rules": [
       {"name": "all ends", "actions": [{"send": "hub"}]},
       {"name": "sad ends", "on": ["failed", "error"], "match": {"flow": ["detector"]},
        "actions": [{"send": "chat", "text": "{{flow}} {{phase}}: {{message}}"}]},
       {"name": "good ends", "on": "succeeded",
        "actions": [{"run": ["./note.sh", "{{runId}}", "{{durationText}}"]},
                    {"shell": "cat > \\"$VI_RUN_ID.json\\"; env > \\"$VI_RUN_ID.env\\""}]}]}
    """

  @Test(arguments: Dialect.allCases)
  func `a run's end arrives as signed webhook, as chat post and as hook`(_ dialect: Dialect) async throws {
    let runs = ["run_good", "run_bad"].map { ScriptedRun.running($0, dialect: dialect) }
    try await onStage(Scenario(runs: runs), environment: ["SIGNING": "whsec_" + Self.key]) { stage in
      try stage.write(Self.rules)
      try stage.write("#!/bin/sh\necho \"$1 after $2\" > noted.txt\n", to: "note.sh", mode: 0o755)
      let watch = try stage.start("--rules", "rules.json", "--until-done")
      try await stage.simulator.requestCount(.list, atLeast: 2)
      stage.simulator.move("run_good", to: .succeeded)
      stage.simulator.move("run_bad", to: .failed, reason: "OutOfMemory", message: "CUDA <2.5 GiB>")
      let end = try await watch.end()
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.output.isEmpty)
      try expectWebhooks(stage.simulator.inbox("hub"))
      let chat = try stage.simulator.inbox("chat").map { try $0.json[text: "text"] }
      #expect(chat == ["detector failed: CUDA &lt;2.5 GiB&gt;"])
      #expect(stage.read("noted.txt")?.wholeMatch(of: /run_good after \d+(s|m.*)\n/) != nil)
      let hooked = try JSONDocument(parsing: Array((stage.read("run_good.json") ?? "").utf8)).root
      #expect(hooked[text: "data.phase"] == "succeeded")
      #expect(hooked[text: "data.run.runId"] == "run_good")
      try expectHookEnvironment(stage)
    }
  }

  private func expectWebhooks(_ requests: [ReceivedRequest]) throws {
    #expect(requests.count == 2)
    for request in requests {
      let event = try request.json
      #expect(request.method == "POST")
      #expect(request.headers["content-type"]?.hasPrefix("application/cloudevents+json") == true)
      #expect(request.headers["user-agent"]?.hasPrefix("vi-notify/") == true)
      #expect(request.webhookID?.hasPrefix("msg_") == true)
      #expect(event[text: "specversion"] == "1.0")
      #expect(event[text: "type"] == "com.datature.vi.run." + (event[text: "data.phase"] ?? ""))
      #expect(event[text: "data.previousPhase"] == "running")
      #expect(event[text: "subject"] == event[text: "data.runId"])
      #expect(try isSigned(request))
    }
    let phases = try Set(requests.map { try $0.json[text: "data.phase"] })
    #expect(phases == ["succeeded", "failed"])
  }

  /// As a receiver checks it, without a line of ours.
  private func isSigned(_ request: ReceivedRequest) throws -> Bool {
    let id = try #require(request.webhookID)
    let timestamp = try #require(request.headers["webhook-timestamp"])
    let key = SymmetricKey(data: try #require(Data(base64Encoded: Self.key)))
    let code = HMAC<SHA256>.authenticationCode(for: Array("\(id).\(timestamp).".utf8) + request.body, using: key)
    return request.headers["webhook-signature"] == "v1," + Data(code).base64EncodedString()
  }

  private func expectHookEnvironment(_ stage: Stage) throws {
    let lines = Set((stage.read("run_good.env") ?? "").split(separator: "\n").map(String.init))
    #expect(lines.isSuperset(of: ["VI_RUN_ID=run_good", "VI_PHASE=succeeded", "VI_PREVIOUS_PHASE=running"]))
    #expect(lines.isSuperset(of: ["VI_FLOW=detector", "VI_RULE=good ends", "VI_ATTEMPT=1", "HOME=\(stage.directory)"]))
    let names = Set(lines.map { String($0.prefix { $0 != "=" }) })
    let known = [
      "VI_EVENT_ID", "VI_DELIVERY_ID", "VI_REASON", "VI_MESSAGE", "VI_DURATION_SECONDS", "VI_TRAINING_PROJECT",
    ]
    #expect(names.isSuperset(of: known))
    #expect(names.isDisjoint(with: ["DATATURE_VI_SECRET_KEY", "DATATURE_VI_ORGANIZATION_ID", "SIGNING"]))
  }

  @Test func `a restart sends nothing again`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(RulesText.hub)
      let first = try stage.start("--rules", "rules.json")
      try await stage.simulator.requestCount(.list, atLeast: 2)
      stage.simulator.move("run_a", to: .succeeded)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      first.send(15)
      #expect(try await first.end().code == 0)
      let second = try stage.start("--rules", "rules.json")
      try await stage.simulator.requestCount(.list, atLeast: stage.simulator.requestCount(.list) + 3)
      second.send(15)
      #expect(try await second.end().code == 0)
      #expect(stage.simulator.inbox("hub").count == 1)
    }
  }

  @Test func `what was answered 503 is sent again under the same id and with a new timestamp`() async throws {
    let scenario = Scenario(runs: [.ended("run_a")], inbox: ["hub": [.status(503, body: "busy")]])
    try await onStage(scenario) { stage in
      try stage.write(RulesText.hub)
      let end = try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
      #expect(end.code == 0, "\(end.errors)")
      let requests = stage.simulator.inbox("hub")
      #expect(requests.count == 2)
      #expect(Set(requests.map(\.webhookID)).count == 1)
      #expect(Set(requests.map(\.body)).count == 1)
      #expect(Set(requests.map { $0.headers["webhook-timestamp"] }).count == 2)
      let row = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first)
      #expect(row[text: "attempts"] == "2")
      #expect(row[text: "id"] == requests.first?.webhookID)
    }
  }

  @Test func `on another machine, with the endpoint written otherwise, the ids are the same`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write(RulesText.hub)
      for (state, slash) in [("one.sqlite", ""), ("two.sqlite", "/")] {
        let endpoint = ["DATATURE_VI_API_ENDPOINT": stage.simulator.endpoint + slash]
        let end = try await stage.run(
          "--rules", "rules.json", "--once", "--since", "all", "--state", state, with: endpoint)
        #expect(end.code == 0, "\(end.errors)")
      }
      let requests = stage.simulator.inbox("hub")
      #expect(requests.count == 2)
      #expect(Set(requests.map(\.webhookID)).count == 1)
      #expect(Set(requests.map(\.body)).count == 1)
    }
  }

  @Test func `every page of a long list is read, and runs that come later are found`() async throws {
    let scenario = Scenario(maximumPageSize: 7, population: Population(count: 40))
    try await onStage(scenario) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json", "--since", "all")
      try await stage.simulator.inboxCount("hub", atLeast: 40)
      stage.simulator.add(ScriptedRun("run_new", created: Simulator.systemClock()))
      stage.simulator.move("run_new", to: .cancelled)
      try await stage.simulator.inboxCount("hub", atLeast: 41)
      watch.send(15)
      #expect(try await watch.end().code == 0)
      let runs = try stage.simulator.inbox("hub").map { try $0.json[text: "subject"] }
      #expect(Set(runs).count == 41)
      #expect(runs.last == "run_new")
    }
  }

  @Test func `a run that goes on after its end and ends anew is told of twice`() async throws {
    try await onStage(Scenario(runs: [.running("run_a", dialect: .documented)])) { stage in
      try stage.write(RulesText.hub)
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.requestCount(.list, atLeast: 2)
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      stage.simulator.move("run_a", to: .running)
      try await stage.simulator.requestCount(.list, atLeast: stage.simulator.requestCount(.list) + 2)
      stage.simulator.move("run_a", to: .succeeded)
      try await stage.simulator.inboxCount("hub", atLeast: 2)
      watch.send(15)
      #expect(try await watch.end().code == 0)
      let requests = stage.simulator.inbox("hub")
      #expect(try requests.map { try $0.json[text: "data.phase"] } == ["failed", "succeeded"])
      #expect(Set(requests.map(\.webhookID)).count == 2)
    }
  }
}
