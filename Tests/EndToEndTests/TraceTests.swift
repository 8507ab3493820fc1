import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// Traces of the real binary, with an inbox of the simulator as collector.
@Suite(.timeLimit(.minutes(6))) struct TraceTests {
  private static let rules = """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"},
                      "next": {"type": "webhook", "url": "ENDPOINT/inbox/next"}},
     "rules": [{"name": "go on", "on": "succeeded", "actions": [
       {"send": "hub", "then": [{"send": "next", "then": [{"shell": "echo $TRACEPARENT > context"}]}]}]}]}
    """

  private func collector(_ stage: Stage) -> [String: String] {
    [
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "\(stage.simulator.endpoint)/inbox/traces",
      "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20SECRETTOKEN",
    ]
  }

  private func spans(_ stage: Stage) throws -> [CollectedSpan] {
    try stage.simulator.inbox("traces").flatMap { try CollectedSpan.read($0.body).spans }
  }

  @Test func `a chain is one trace, and receivers are told of the attempt that they see`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(Self.rules)
      stage.simulator.setAnswers([.status(500)], forInbox: "hub")
      let watch = try stage.start("watch", "--rules", "rules.json", with: collector(stage))
      try await watch.says("first start")
      stage.simulator.move("run_a", to: .succeeded)
      try await watch.says("attempt failed, it will be repeated")
      let id = try #require(
        try await stage.run("deliveries", "list", "--output", "json").json.elements?.first?[text: "id"])
      while try await stage.run("deliveries", "replay", id, "--now").code != 0 {}
      while stage.read("context") == nil || stage.read("context") == "" {}
      while try await !stage.run("deliveries", "list").output.contains("hook") {}
      while try await stage.run("deliveries", "list", "--status", "pending", "--output", "json").output != "[]\n" {}
      watch.send(SIGTERM)
      let end = try await watch.end()
      #expect(end.code == 0 && !end.errors.contains("SECRETTOKEN"), "\(end.errors)")

      let spans = try spans(stage)
      #expect(
        spans.map(\.name).sorted() == [
          "attempt", "attempt", "attempt", "attempt", "delivery", "delivery", "delivery", "seen",
        ])
      #expect(Set(spans.map(\.trace)).count == 1)
      #expect(Set(spans.map(\.id)).count == spans.count)
      let seen = try #require(spans.first { $0.name == "seen" })
      func delivery(to place: String) throws -> CollectedSpan {
        try #require(spans.first { $0.name == "delivery" && $0.attributes["vi_notify.destination"] == place })
      }
      let (hub, next, hook) = (try delivery(to: "hub"), try delivery(to: "next"), try delivery(to: "hook"))
      #expect(seen.parent == nil && hub.parent == seen.id && next.parent == hub.id && hook.parent == next.id)
      let attempts = spans.filter { $0.name == "attempt" && $0.parent == hub.id }.sorted { $0.start < $1.start }
      #expect(attempts.map { $0.attributes["http.response.status_code"] } == ["500", "200"])
      #expect(attempts.map { $0.failure == nil } == [false, true])
      #expect(attempts.allSatisfy { $0.kind == "client" && $0.attributes["server.address"] == "127.0.0.1" })

      let told = (stage.simulator.inbox("hub") + stage.simulator.inbox("next")).map { $0.headers["traceparent"] }
      let last = spans.filter { $0.name == "attempt" && $0.parent == next.id }
      #expect(told == (attempts + last).map { "00-\($0.trace)-\($0.id)-01" })
      let hooked = try #require(spans.first { $0.name == "attempt" && $0.parent == hook.id })
      #expect(stage.read("context") == "00-\(hooked.trace)-\(hooked.id)-01\n")
      #expect(hooked.kind == "internal" && hooked.attributes["process.exit.code"] == "0")

      let request = try #require(stage.simulator.inbox("traces").first)
      #expect(request.headers["authorization"] == "Bearer SECRETTOKEN")
      #expect(request.headers["content-type"] == "application/json")
      #expect(try CollectedSpan.read(request.body).resource["service.name"] == "vi-notify")
    }
  }

  @Test func `an attempt that a kill cut off keeps its place in the trace`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a", .succeeded)])) { stage in
      try stage.write(Self.rules)
      stage.simulator.setAnswers([.init(.hang)], forInbox: "hub")
      let watch = try stage.start("watch", "--rules", "rules.json", "--since", "all", with: collector(stage))
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      watch.send(SIGKILL)
      _ = try await watch.end()
      let end = try await stage.run(
        "watch", "--rules", "rules.json", "--since", "all", "--until-done", with: collector(stage))
      #expect(end.code == 0, "\(end.errors)")
      let told = stage.simulator.inbox("hub").map { $0.headers["traceparent"] }
      #expect(told.count == 2 && told[0] == told[1] && told[0] != nil)
      let spans = try spans(stage)
      #expect(Set(spans.map(\.trace)).count == 1)
      #expect(spans.contains { told[0] == "00-\($0.trace)-\($0.id)-01" && $0.name == "attempt" })
    }
  }

  @Test(arguments: [[:], ["OTEL_TRACES_EXPORTER": "none"], ["OTEL_SDK_DISABLED": "true"]])
  func `without an address, or switched off, nothing is sent that wasn't before`(more: [String: String]) async throws {
    try await onStage(Scenario(runs: [.ended("run_a", .succeeded)])) { stage in
      try stage.write(Self.rules)
      let environment = more.isEmpty ? [:] : collector(stage).merging(more) { $1 }
      let end = try await stage.run(
        "watch", "--rules", "rules.json", "--since", "all", "--until-done", with: environment)
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.inbox("traces").isEmpty && stage.read("context") == "\n")
      #expect(stage.simulator.inbox("hub").allSatisfy { $0.headers["traceparent"] == nil })
    }
  }

  @Test func `a collector that can't be reached keeps nothing from being delivered`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a", .succeeded)])) { stage in
      try stage.write(Self.rules)
      let port = try Sockets.freePort()
      let end = try await stage.run(
        "watch", "--rules", "rules.json", "--since", "all", "--until-done",
        with: ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(port)", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"])
      #expect(end.code == 0 && stage.simulator.inbox("next").count == 1, "\(end.errors)")
      #expect(end.errors.contains("traces can't be exported"), "\(end.errors)")
      #expect(end.errors.contains("OTEL_EXPORTER_OTLP_PROTOCOL is grpc"), "\(end.errors)")
    }
  }

  @Test func `an address that is none is an error at the start`() async throws {
    try await onStage(Scenario(runs: [])) { stage in
      try stage.write(Self.rules)
      let end = try await stage.run(
        "watch", "--rules", "rules.json", with: ["OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"])
      #expect(end.code == 78 && end.errors.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "\(end.errors)")
      #expect(!end.errors.contains("4318\""), "\(end.errors)")
    }
  }
}
