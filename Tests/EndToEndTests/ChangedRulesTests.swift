import Glibc
import JSONSource
import Simulator
import Testing

/// The rules file changes while deliveries and digests wait: nothing is lost by it.
@Suite(.timeLimit(.minutes(6))) struct ChangedRulesTests {
  private static func rules(_ destinations: String, _ rules: String) -> String {
    """
    {"version": 1, "watch": {"since": "all", "interval": "100ms"}, "destinations": {\(destinations)},
     "rules": [\(rules)]}
    """
  }

  private static let old = rules(
    #""old": {"type": "webhook", "url": "ENDPOINT/inbox/old"}"#, #"{"name": "tell", "actions": [{"send": "old"}]}"#)
  private static let renamed = old.replacing("old", with: "new")

  /// Two deliveries wait for `old`, which the rules file doesn't have any more.
  private func onRenamedStage(_ body: (Stage) async throws -> Void) async throws {
    let inbox = ["old": [ScriptedAnswer.status(503, times: nil)]]
    try await onStage(Scenario(runs: [.ended("run_a"), .ended("run_b")], inbox: inbox)) { stage in
      try stage.write(Self.old)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 75)
      try stage.write(Self.renamed)
      let end = try await stage.run("--rules", "rules.json", "--once")
      #expect(end.errors.contains("deliveries wait for destinations that the rules file does not have"))
      #expect(end.errors.contains("\"deliveries\":\"2\"") || end.errors.contains("deliveries=2"), "\(end.errors)")
      try await body(stage)
    }
  }

  private func rows(_ stage: Stage) async throws -> [JSONNode] {
    try await stage.run("deliveries", "list", "--output", "json").rows
  }

  @Test func `what waits for a destination that was renamed is kept, shown as such, and goes when it is back`()
    async throws
  {
    try await onRenamedStage { stage in
      for row in try await rows(stage) {
        #expect(row[text: "status"] == "pending")
        #expect(row[text: "waitsFor"] == "destination old is not in the rules file")
      }
      #expect(try await stage.run("deliveries", "list").output.contains("destination old is not in the rules file"))
      let id = try #require(try await rows(stage).first?[text: "id"])
      #expect(try await stage.run("deliveries", "show", id).output.contains("destination old is not in the rules file"))
      stage.simulator.setAnswers([], forInbox: "old")
      try stage.write(Self.old)
      let end = try await stage.run("--rules", "rules.json", "--until-done")
      #expect(end.code == 0, "\(end.errors)")
      #expect(try await rows(stage).map { $0[text: "status"] } == ["delivered", "delivered"])
    }
  }

  @Test func `replay sends it to another destination, beside a running watcher, under the same id`() async throws {
    try await onRenamedStage { stage in
      let ids = try await rows(stage).compactMap { $0[text: "id"] }
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("watching")
      let replay = try await stage.run("deliveries", "replay", "--destination", "old", "--to", "new")
      #expect(replay.code == 0, "\(replay.errors)")
      try await stage.simulator.inboxCount("new", atLeast: 2)
      #expect(Set(stage.simulator.inbox("new").compactMap(\.webhookID)) == Set(ids))
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(try await rows(stage).map { $0[text: "status"] } == ["delivered", "delivered"])
    }
  }

  @Test(arguments: [true, false])
  func `replay asks a stopped destination at once, with what died of the stop or with what waits`(_ isDead: Bool)
    async throws
  {
    let inbox = ["old": [ScriptedAnswer.status(410)]]
    try await onStage(Scenario(runs: [.ended("run_a"), .ended("run_b")], inbox: inbox)) { stage in
      try stage.write(Self.old.replacing("/old\"", with: "/old\", \"concurrency\": 1"))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 1)
      let before = try await rows(stage)
      #expect(Set(before.map { $0[text: "status"] }) == ["dead", "pending"])
      let waiting = try #require(before.first { $0[text: "status"] == "pending" })
      #expect(waiting[text: "waitsFor"]?.hasPrefix("stopped: answered 410, next probe 2") == true)
      let dead = try #require(before.first { $0[text: "status"] == "dead" })
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("watching")
      let id = try #require((isDead ? dead : waiting)[text: "id"])
      #expect(try await stage.run("deliveries", "replay", id, "--now").code == 0)
      try await stage.simulator.inboxCount("old", atLeast: isDead ? 3 : 2)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(try await !stage.run("deliveries", "list").output.contains("stopped"))
    }
  }

  @Test func `a destination that isn't there is refused with the names there are, and nothing changes`() async throws {
    try await onRenamedStage { stage in
      let before = try await stage.run("deliveries", "list", "--output", "json").output
      for arguments in [["--to", "nww", "--destination", "old"], ["--destination", "olt"], ["--rule", "tel"]] {
        let end = try await stage.run(arguments: ["deliveries", "replay"] + arguments)
        #expect(end.code == 1)
        #expect(end.errors.contains("known: "), "\(end.errors)")
      }
      #expect(try await stage.run("deliveries", "list", "--output", "json").output == before)
    }
  }

  @Test func `a filter that names what never was is no empty answer`() async throws {
    try await onRenamedStage { stage in
      func end(_ arguments: String...) async throws -> End {
        try await stage.run(arguments: ["deliveries", "list"] + arguments)
      }
      let rule = try await end("--rule", "tel")
      #expect(rule.code == 1)
      #expect(rule.errors.contains("there is no rule tel; known: tell"))
      #expect(rule.output.isEmpty)
      let destination = try await end("--destination", "nu", "--output", "json")
      #expect(destination.code == 1)
      #expect(destination.errors.contains("there is no destination nu; known: new, old"))
      let run = try await end("--run", "run_nope")
      #expect(run.code == 1)
      #expect(run.errors.contains("run run_nope is unknown"))
      // What is there and has nothing is no mistake.
      for good in [["--destination", "new"], ["--destination", "hook"], ["--rule", "tell"], ["--run", "run_a"]] {
        #expect(try await stage.run(arguments: ["deliveries", "list"] + good).code == 0)
      }
    }
  }

  @Test func `a message of the user's own goes only where it was written for, and our words go anywhere`() async throws
  {
    let chat = #""chat": {"type": "slack", "url": "ENDPOINT/inbox/chat"}"#
    let inbox = ["chat": [ScriptedAnswer.status(503, times: nil)]]
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: inbox)) { stage in
      try stage.write(
        Self.rules(
          chat,
          #"{"name": "own", "actions": [{"send": "chat", "text": "{{flow}}"}]}, {"name": "plain", "actions": [{"send": "chat"}]}"#
        ))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 75)
      // The same name, and another type.
      try stage.write(
        Self.rules(
          #""chat": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}"#,
          #"{"name": "none", "on": "cancelled", "actions": [{"send": "chat"}]}"#))
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      try await watch.says("the message was made for a destination of type slack")
      let arrived = try #require(stage.simulator.inbox("hub").first)
      #expect(try arrived.json["data"]?[text: "runId"] == "run_a")
      func pending() async throws -> [JSONNode] {
        try await stage.run("deliveries", "list", "--status", "pending", "--output", "json").rows
      }
      // What has arrived is written down a moment later.
      var waiting = try await pending()
      while waiting.count > 1 { waiting = try await pending() }
      #expect(waiting.map { $0[text: "rule"] } == ["own"])
      #expect(waiting.first?[text: "attempts"] == "1")
      #expect(waiting.first?[text: "waitsFor"]?.contains("chat is of type webhook") == true)
      let id = try #require(waiting.first?[text: "id"])
      let refused = try await stage.run("deliveries", "replay", id, "--to", "chat")
      #expect(refused.code == 1)
      #expect(refused.errors.contains("nothing was changed, because \(id) can't go there"))
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(stage.simulator.inbox("hub").count == 1)
    }
  }

  @Test(arguments: [
    #"{"name": "other", "actions": [{"send": "hub", "digest": {"window": "1h"}}]}"#,
    #"{"name": "all", "actions": [{"send": "hub"}]}"#,
    #"{"name": "none", "on": "cancelled", "actions": [{"send": "hub"}]}"#,
  ])
  func `an open digest goes out as it was meant, whatever has become of its rule`(_ changed: String) async throws {
    let hub = #""hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}"#
    try await onStage(Scenario(runs: (1...3).map { .ended("run_\($0)") })) { stage in
      try stage.write(
        Self.rules(
          hub,
          #"{"name": "all", "actions": [{"send": "hub", "body": {"n": "{{count}}", "more": "{{more}}"}, "digest": {"window": "2s", "max": 2}}]}"#
        ))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(stage.simulator.inbox("hub").isEmpty)
      try stage.write(Self.rules(hub, changed))
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      try await watch.says("a digest that another rules file began goes out as it was meant then")
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      let body = try #require(stage.simulator.inbox("hub").first).json
      #expect(body["n"]?.integer == 3 && body["more"]?.integer == 1)
      let row = try #require(try await rows(stage).first)
      #expect(row[text: "status"] == "delivered" && row[text: "rule"] == "all")
      // The same again, and not one run's event.
      let id = try #require(row[text: "id"])
      #expect(try await stage.run("deliveries", "replay", id).code == 0)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(stage.simulator.inbox("hub").map(\.body).count == 2)
      #expect(Set(stage.simulator.inbox("hub").map(\.body)).count == 1)
    }
  }
}
