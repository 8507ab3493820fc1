import Glibc
import JSONSource
import Locking
import Simulator
import Testing

/// Dead letters that are sent again while their receiver is down, and once it is mended.
@Suite(.timeLimit(.minutes(6))) struct ReplayTests {
  @Test func `dead letters go at once when a probe has closed the circuit of their destination`() async throws {
    let answer = Locked("400 No")
    try await onStage(Scenario(runs: (1...12).map { .ended("run_\($0)", .failed) })) { stage in
      try await serving(RawServer { _ in RawServer.Reply(answer.withLock { $0 }, []) }) { receiver in
        try stage.write(
          """
          {"version": 1, "watch": {"since": "all"},
           "destinations": {"hub": {"type": "webhook", "url": "\(receiver.address)/hub"}},
           "rules": [{"name": "all", "actions": [{"send": "hub"}]}]}
          """)
        let state = ["--state", "here.sqlite"]
        func replay(_ words: String...) async throws -> [Substring] {
          let end = try await stage.run(arguments: ["deliveries", "replay"] + words + state)
          #expect(end.code == 0, "\(end.errors)")
          return end.output.split(separator: "\n")
        }
        let watch = try stage.start(arguments: ["--rules", "rules.json"] + state)
        for number in 1...12 { try await watch.says("msg=\"delivery is dead\" run=run_\(number) ") }
        // Six are sent again to a receiver that is down now: five failures open the circuit.
        answer.withLock { $0 = "503 Down" }
        for number in 1...6 { #expect(try await replay("--run", "run_\(number)").count == 1) }
        try await watch.says("destination fails, from now on")
        answer.withLock { $0 = "200 OK" }
        // One of them probes, this one unless the next probe's time has come already; it closes the circuit, and those that backed off go with it.
        _ = try await stage.run(arguments: ["deliveries", "replay", "--run", "run_1", "--now"] + state)
        try await watch.says("destination works again")
        let dead = try await replay("--status", "dead")
        #expect(dead.count == 6)
        for number in 1...12 { try await watch.says("msg=delivered run=run_\(number) ") }
        watch.send(SIGTERM)
        #expect(try await watch.end().code == 0)
        let rows = try await stage.run(arguments: ["deliveries", "list", "--output", "json"] + state).rows
        #expect(rows.count == 12 && rows.allSatisfy { $0[text: "status"] == "delivered" })
        #expect(try await stage.run(arguments: ["status"] + state).output.contains("0 waiting"))
      }
    }
  }
}
