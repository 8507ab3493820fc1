import Glibc
import JSONSource
import Simulator
import Testing

/// Everything that waits says what it waits for, and somebody who knows better can end the waiting.
@Suite(.timeLimit(.minutes(6))) struct WaitTests {
  private static func rules(_ destination: String = "", on phases: String = "\"terminal\"", action: String = "")
    -> String
  {
    """
    {"version": 1, "watch": {"since": "all", "interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"\(destination)}},
     "rules": [{"name": "tell", "on": \(phases), "actions": [{"send": "hub"\(action)}]}]}
    """
  }

  private func pending(_ stage: Stage) async throws -> [JSONNode] {
    try await stage.run("deliveries", "list", "--status", "pending", "--output", "json").rows
  }

  @Test func `a pause that the receiver asked for is over when somebody says so, beside a running watcher`()
    async throws
  {
    let inbox = ["hub": [ScriptedAnswer.status(429, headers: ["Retry-After": "3600"])]]
    try await onStage(Scenario(runs: (1...3).map { .ended("run_\($0)") }, inbox: inbox)) { stage in
      try stage.write(Self.rules(", \"concurrency\": 1"))
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      var rows = try await pending(stage)
      while rows.first?[text: "waitsFor"]?.hasPrefix("held until 2") != true { rows = try await pending(stage) }
      #expect(rows.count == 3)
      let id = try #require(rows.last?[text: "id"])
      let mere = try await stage.run("deliveries", "replay", id)
      #expect(mere.code == 1 && mere.output.isEmpty)
      #expect(mere.errors.contains("\(id) still waits for: held until 2"), "\(mere.errors)")
      let forced = try await stage.run("deliveries", "replay", "--destination", "hub", "--now", "--output", "json")
      #expect(forced.code == 0, "\(forced.errors)")
      #expect(try forced.rows.count == 3)
      // One asks, and the others follow when it was let in.
      try await stage.simulator.inboxCount("hub", atLeast: 4)
      while try await !pending(stage).isEmpty {}
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(stage.simulator.inbox("hub").count == 4)
    }
  }

  @Test func `what is due says whose turn it is, and when nobody is there to send it`() async throws {
    try await onStage(Scenario(runs: (1...3).map { .ended("run_\($0)") })) { stage in
      try stage.write(Self.rules(#", "rateLimit": {"count": 1, "per": "1h"}"#))
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      var rows = try await pending(stage)
      while rows.count > 2 { rows = try await pending(stage) }
      #expect(
        rows.allSatisfy { $0[text: "waitsFor"] == "its turn at the destination's pace, 1 per 1h" },
        "\(rows.first?[text: "waitsFor"] ?? "")")
      watch.send(SIGKILL)
      _ = try await watch.end()
      #expect(try await pending(stage).allSatisfy { $0[text: "waitsFor"] == "a watcher: none is running" })
    }
  }

  @Test func `a later event of a run waits behind the earlier one`() async throws {
    let inbox = ["hub": [ScriptedAnswer.status(503, times: nil)]]
    try await onStage(Scenario(runs: [ScriptedRun("run_a", created: -60_000)], inbox: inbox)) { stage in
      try stage.write(Self.rules(on: "\"any\""))
      _ = try await stage.run("--rules", "rules.json", "--once")
      stage.simulator.move("run_a", to: .running)
      _ = try await stage.run("--rules", "rules.json", "--once")
      stage.simulator.move("run_a", to: .succeeded)
      let once = try await stage.run("--rules", "rules.json", "--once")
      #expect(once.code == 75, "\(once.errors)")
      let rows = try await pending(stage)
      #expect(rows.count == 2)
      let show = try await stage.run("explain", "run_a", "--output", "json").json["timeline"]?.elements ?? []
      let waits = show.filter { $0[text: "kind"] == "waiting" }.compactMap { $0[text: "waitsFor"] }
      try #require(waits.count == 2, "\(waits)")
      #expect(waits[0].hasPrefix("failing, next probe 2"), "\(waits)")
      let first = try #require(rows.first?[text: "id"])
      #expect(waits[1] == "behind \(first), of an earlier event of its run")
    }
  }

  @Test func `an open digest is listed with its time, shown by its id, and explained`() async throws {
    try await onStage(Scenario(runs: (1...3).map { .ended("run_\($0)") })) { stage in
      try stage.write(Self.rules(action: #", "digest": {"window": "1h"}"#))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      let row = try #require(try await pending(stage).first)
      #expect(row[text: "status"] == "pending" && row[text: "destination"] == "hub" && row[text: "rule"] == "tell")
      let why = try #require(row[text: "waitsFor"])
      #expect(why.hasPrefix("digest until 2") && why.hasSuffix(", 3 events so far"), "\(why)")
      let id = try #require(row[text: "id"])
      #expect(
        try await stage.run("deliveries", "show", String(id.prefix(12)), "--output", "json").json["events"]?.integer
          == 3)
      #expect(try await stage.run("deliveries", "show", id).output.contains("3 events so far"))
      let text = try await stage.run("explain", "run_2").output
      #expect(text.contains("\(id) waits for: digest until 2"), "\(text)")
      #expect(try await stage.run("deliveries", "list", "--status", "dead").output.isEmpty)
    }
  }

  @Test func `those that wait for the same are said together`() async throws {
    let inbox = ["hub": [ScriptedAnswer.status(429, headers: ["Retry-After": "3600"], times: nil)]]
    try await onStage(Scenario(runs: (1...6).map { .ended("run_\($0)") }, inbox: inbox)) { stage in
      try stage.write(Self.rules(", \"concurrency\": 1"))
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 75)
      let end = try await stage.run("deliveries", "replay", "--destination", "hub", "--run", "run_")
      #expect(end.code == 1 && end.errors.contains("several ids begin with run_"))
      let all = try await stage.run("deliveries", "replay", "--destination", "hub")
      #expect(all.code == 1)
      #expect(all.errors.contains("6 deliveries still wait for: held until 2"), "\(all.errors)")
      #expect(all.errors.contains("with --now they become due, and the destination is probed"), "\(all.errors)")
    }
  }
}
