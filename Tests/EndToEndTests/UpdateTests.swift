import Glibc
import JSONSource
import Locking
import Simulator
import TestSupport
import Testing

/// One message that evolves, in the real binary and over real sockets.
@Suite(.timeLimit(.minutes(6))) struct UpdateTests {
  private static let rules = #"""
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"bot": {"type": "slack", "token": "${env:BOT}", "channel": "#runs", "endpoint": "CHAT/api/chat.postMessage",
                              "rateLimit": {"count": 100, "per": "1s"}}},
     "rules": [{"name": "run", "on": "any", "actions": [
       {"send": "bot", "update": true, "thread": "{{flow}}", "text": "{{runId}} {{phase}}"}]}]}
    """#

  /// The Web API of Slack, as far as it is needed: it numbers messages, and knows which there are.
  private final class Workspace: Sendable {
    private struct State {
      var texts: [String: String] = [:]
      var threads: [String: String] = [:]
      var count = 0
      var isSilent = false
    }

    private let state = Locked(State())

    var texts: [String] { state.withLock { state in state.texts.sorted { $0.key < $1.key }.map(\.value) } }
    var threads: [String: String] { state.withLock { $0.threads } }

    func delete(_ time: String) { state.withLock { _ = $0.texts.removeValue(forKey: time) } }
    /// Takes messages, and says nothing.
    func keepSilent(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }

    func reply(_ request: RawRequest) -> RawServer.Reply {
      guard let body = try? JSONDocument(parsing: request.body).root else { return RawServer.Reply("400 No", []) }
      let answer: String? = state.withLock { state in
        let text = body["text"]?.string ?? ""
        var time = body["ts"]?.string ?? ""
        if request.path == "/api/chat.update" {
          guard body["channel"]?.string == "C1", state.texts[time] != nil else {
            return #"{"ok":false,"error":"message_not_found"}"#
          }
        } else {
          state.count += 1
          time = "1700000000.00000\(state.count)"
          state.threads[time] = body["thread_ts"]?.string
        }
        state.texts[time] = text
        return state.isSilent ? nil : #"{"ok":true,"channel":"C1","ts":"\#(time)","message":{"text":"x"}}"#
      }
      guard let answer else { return RawServer.Reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", stalls: true) }
      return RawServer.Reply("200 OK", Array(answer.utf8))
    }
  }

  private func onStage(
    _ runs: [ScriptedRun], _ body: (Stage, Workspace, RawServer) async throws -> Void
  ) async throws {
    let workspace = Workspace()
    try await serving(RawServer { workspace.reply($0) }) { server in
      try await EndToEndTests.onStage(Scenario(runs: runs), environment: ["BOT": "xoxb-s3cretpath"]) { stage in
        try stage.write(Self.rules.replacing("CHAT", with: server.address))
        try await body(stage, workspace, server)
      }
    }
  }

  private static func waiting(_ id: String) -> ScriptedRun {
    ScriptedRun(id, flow: "detector", created: -60_000, life: [])
  }

  private static let (post, update) = ("/api/chat.postMessage", "/api/chat.update")

  @Test func `a run's message is posted once and changed from then on, in the thread of its flow`() async throws {
    try await onStage([Self.waiting("run_a"), Self.waiting("run_b")]) { stage, workspace, server in
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      for run in ["run_a", "run_b"] { stage.simulator.move(run, to: .running) }
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(Set(workspace.texts) == ["run_a running", "run_b running"])
      #expect(workspace.threads == ["1700000000.000002": "1700000000.000001"])
      let watch = try stage.start("--rules", "rules.json")
      for run in ["run_a", "run_b"] { stage.simulator.move(run, to: .succeeded) }
      await server.requestCount(Self.update, atLeast: 2)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(Set(workspace.texts) == ["run_a succeeded", "run_b succeeded"])
      #expect(server.requests(Self.post).count == 2)
      // What is older than what is shown is left out.
      let rows = try await stage.run("deliveries", "list", "--run", "run_a", "--output", "json").rows
      let first = try #require(rows.first?[text: "id"])
      #expect(try await stage.run("deliveries", "replay", first).code == 0)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      let shown = try await stage.run("deliveries", "show", first)
      #expect(shown.output.contains("left out, for its message says something newer already"), "\(shown.output)")
      #expect(Set(workspace.texts) == ["run_a succeeded", "run_b succeeded"])
    }
  }

  @Test func `a message that somebody has deleted is posted anew`() async throws {
    try await onStage([Self.waiting("run_a")]) { stage, workspace, server in
      for phase in [nil, ScriptedRun.Phase.running] {
        if let phase { stage.simulator.move("run_a", to: phase) }
        let end = try await stage.run("--rules", "rules.json", "--once")
        #expect(end.code == 0, "\(end.errors)")
      }
      workspace.delete("1700000000.000001")
      stage.simulator.move("run_a", to: .failed)
      let second = try await stage.run("--rules", "rules.json", "--once")
      #expect(second.code == 0, "\(second.errors)")
      #expect(workspace.texts == ["run_a failed"])
      #expect(server.requests(Self.post).count == 2 && server.requests(Self.update).count == 1)
    }
  }

  @Test func `killed before it knows what its message is called, it posts a second one, and goes on with that`()
    async throws
  {
    try await onStage([Self.waiting("run_a")]) { stage, workspace, server in
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      stage.simulator.move("run_a", to: .running)
      workspace.keepSilent(true)
      let watch = try stage.start("--rules", "rules.json")
      await server.requestCount(Self.post, atLeast: 1)
      watch.send(SIGKILL)
      #expect(try await watch.end().status == .killed(by: SIGKILL))
      workspace.keepSilent(false)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      stage.simulator.move("run_a", to: .succeeded)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(workspace.texts == ["run_a running", "run_a succeeded"])
      let rows = try await stage.run("deliveries", "list", "--output", "json").rows
      #expect(rows.map { $0[text: "status"] } == ["delivered", "delivered"])
      #expect(server.requests(Self.post).count == 2 && server.requests(Self.update).count == 1)
      let kept = try stage.bytes(".local/state/vi-notify/state.sqlite")
      #expect(!String(decoding: kept, as: UTF8.self).contains("s3cretpath"))
    }
  }
}
