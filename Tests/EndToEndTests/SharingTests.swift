import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// Several processes on one PostgreSQL deliver together.
@Suite(
  .enabled(if: PostgresServer.programs != nil, "apt-get install postgresql"), .timeLimit(.minutes(6))
) struct SharingTests {
  private static let inboxes = (0..<6).map { "hub\($0)" }

  private static var rules: String {
    let destinations = inboxes.map {
      #""\#($0)": {"type": "webhook", "url": "ENDPOINT/inbox/\#($0)", "headers": {"X-Life": "${env:LIFE}"}}"#
    }
    let sends = inboxes.map { #"{"send": "\#($0)"}"# }
    return """
      {"version": 1, "watch": {"interval": "100ms"}, "destinations": {\(destinations.joined(separator: ",\n"))},
       "rules": [{"name": "ends", "actions": [\(sends.joined(separator: ", "))]},
                 {"name": "hooks", "actions": [{"shell": "echo \\"$LIFE $VI_RUN_ID\\" >> \\"$LOG\\"", "env": {"LIFE": "${env:LIFE}", "LOG": "${env:LOG}"}}]}]}
      """
  }

  private func start(_ stage: Stage, _ state: String, _ life: String, _ options: String...) throws -> RunningBinary {
    try stage.start(
      arguments: ["watch", "--rules", "rules.json", "--state", state] + options,
      with: ["LIFE": life, "LOG": stage.path("hooks.log")])
  }

  private func lives(_ stage: Stage, _ inbox: String) -> [String] {
    stage.simulator.inbox(inbox).map { $0.headers["x-life"] ?? "" }
  }

  /// Until so many different messages have come to each inbox: what a process sent before it was killed, and didn't write down, comes twice.
  private func told(_ stage: Stage, _ count: Int) async throws {
    for inbox in Self.inboxes {
      while case let arrived = stage.simulator.inbox(inbox), Set(arrived.map(\.webhookID)).count < count {
        try await stage.simulator.inboxCount(inbox, atLeast: arrived.count + 1)
      }
    }
  }

  /// Until each process has as many destinations.
  private func shares(_ stage: Stage, _ state: String, _ wanted: [Int]) async throws {
    while true {
      let status = try await stage.run("status", "--state", state, "--output", "json")
      let counts = try status.json["processes"]?.elements?.map { process in
        process["targets"]?.elements?.count { $0.string?.hasPrefix("hub") ?? false } ?? 0
      }
      if counts?.sorted() == wanted.sorted() { return }
    }
  }

  @Test
  func `each destination is one process's, hooks run on any, and what one leaves the others take over`() async throws {
    let server = try PostgresServer.shared.get()
    let state = try server.database("sharing_\(UInt64.random(in: 0...UInt64.max))")
    try await onStage(Scenario(runs: (0..<60).map { ScriptedRun.running("run_\($0)") })) { stage in
      try stage.write(Self.rules)
      let first = try start(stage, state, "first")
      try await first.says("first start")
      let second = try start(stage, state, "second")
      let third = try start(stage, state, "third")
      try await shares(stage, state, [2, 2, 2])

      for run in 0..<20 { stage.simulator.move("run_\(run)", to: .failed) }
      try await told(stage, 20)
      let senders = Self.inboxes.map { Set(lives(stage, $0)) }
      #expect(senders.allSatisfy { $0.count == 1 }, "\(senders)")
      #expect(Set(senders.joined()) == ["first", "second", "third"])

      // The one that watches is killed, another stands still.
      first.send(SIGKILL)
      second.send(SIGSTOP)
      for run in 20..<40 { stage.simulator.move("run_\(run)", to: .failed) }
      try await told(stage, 40)
      let before = Self.inboxes.map { lives(stage, $0).count { $0 == "second" } }
      second.send(SIGCONT)
      #expect(try await second.end().code == 75)
      #expect(Self.inboxes.map { lives(stage, $0).count { $0 == "second" } } == before)

      // One that runs hooks alone, and one that does all but that.
      let hooks = try start(stage, state, "hooks", "--role", "hooks")
      try await hooks.says("working beside others")
      let fourth = try start(stage, state, "fourth", "--role", "watch,deliver")
      try await shares(stage, state, [3, 0, 3])
      third.send(SIGTERM)
      #expect(try await third.end().code == 0)
      for run in 40..<60 { stage.simulator.move("run_\(run)", to: .failed) }
      try await told(stage, 60)
      for inbox in Self.inboxes {
        var (ids, late) = ([String: Set<String>](), Set<String>())
        for request in stage.simulator.inbox(inbox) {
          let run = try request.json[text: "subject"] ?? "?"
          ids[run, default: []].insert(request.webhookID ?? "?")
          if let number = Int(run.dropFirst(4)), number >= 40 { late.insert(request.headers["x-life"] ?? "") }
        }
        #expect(late == ["fourth"])
        #expect(ids.count == 60)
        #expect(ids.values.allSatisfy { $0.count == 1 })
      }
      while try await stage.run(
        "deliveries", "list", "--status", "pending", "--all", "--state", state, "--output", "json"
      )
      .rows.count > 0 {}
      let ran = try String(decoding: stage.bytes("hooks.log"), as: UTF8.self).split(separator: "\n").map {
        $0.split(separator: " ")
      }
      #expect(Set(ran.map { $0[1] }).count == 60)
      // Whoever ended last had no hook of the runs that ended after it.
      #expect(Set(ran.suffix(20).map { String($0[0]) }).isSubset(of: ["hooks"]))
      for process in [hooks, fourth] {
        process.send(SIGTERM)
        #expect(try await process.end().code == 0)
      }
    }
  }
}
