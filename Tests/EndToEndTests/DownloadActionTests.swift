import Glibc
import JSONSource
import Simulator
import TestSupport
import Testing

/// "Fetch the model when a run succeeded, promote it, and tell where it is", in the real binary.
@Suite(.timeLimit(.minutes(6))) struct DownloadActionTests {
  private static func rules(_ more: String = "", to: String = "~/models") -> String {
    """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
     "rules": [{"name": "fetch", "on": "succeeded", "actions": [
       {"download": {"to": "\(to)"}, "id": "model"\(more),
        "then": [{"shell": "ls \\"$VI_STEP_MODEL_PATH/model_full\\" | tr '\\\\n' ' '", "id": "look",
                  "then": [{"send": "hub", "body": {"path": "{{steps.model.path}}", "files": "{{steps.look.stdout}}"}}]}],
        "onFailure": [{"send": "hub", "body": {"error": "{{error}}"}}]}]}]}
    """
  }

  private func play(_ stage: Stage, _ rules: String = rules()) async throws -> End {
    try stage.write(rules)
    return try await stage.run("--rules", "rules.json", "--until-done", "--since", "all")
  }

  private func told(_ stage: Stage) throws -> [JSONNode] {
    try stage.simulator.inbox("hub").map { try $0.json }
  }

  @Test func `the model is in its place before anything goes on, and its path is known to what does`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      let end = try await play(stage)
      #expect(end.code == 0, "\(end.errors)")
      let told = try #require(try told(stage).first)
      #expect(told[text: "path"] == stage.path("models/run_a"))
      #expect(told[text: "files"] == "model.safetensors run.json ")
      #expect(try stage.files("models") == ["run_a"], "nothing else is left")
    }
  }

  @Test func `an export that isn't there yet is waited for, and the attempts say so`() async throws {
    let scenario = Scenario(models: ModelFiles(exportDelay: 1 << 40), runs: [.ended("run_a")])
    try await onStage(scenario) { stage in
      try stage.write(Self.rules())
      let watcher = try stage.start("--rules", "rules.json", "--until-done", "--since", "all")
      try await watcher.says("attempt failed, it will be repeated")
      stage.simulator.change("run_a") { $0.exportedAt = 0 }
      let end = try await watcher.end()
      #expect(end.code == 0, "\(end.errors)")
      let id = try #require(try await stage.steps(of: "run_a").first?[text: "deliveryId"])
      let show = try await stage.run("deliveries", "show", id, "--output", "json").json
      let attempts = try #require(show["attemptLog"]?.elements)
      #expect(attempts.last?[text: "outcome"] == "delivered" && attempts.count > 1)
      for attempt in attempts.dropLast() {
        #expect(attempt[text: "outcome"] == "notReady")
        #expect(attempt[text: "detail"] == "the model of run run_a is not exported yet")
      }
      #expect(show["command"]?["download"]?[text: "to"] == "~/models")
    }
  }

  @Test func `what can't be had goes the other way, with its reason`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.write("in the way", to: "models")
      #expect(try await play(stage, Self.rules(#", "retryFor": "1s""#)).code == 1)
      let error = try #require(try told(stage).first?[text: "error"])
      #expect(error.contains("diskFailed"), "\(error)")
      #expect(error.contains(stage.path("models")), "\(error)")
    }
  }

  /// The simulator's storage refuses whoever sends credentials along.
  @Test func `no link is written anywhere`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      let end = try await play(stage)
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.requestCount(.file) > 0)
      let explained = try await stage.run("explain", "run_a", "--output", "json").output
      let state = String(decoding: try stage.bytes(".local/state/vi-notify/state.sqlite"), as: UTF8.self)
      for text in [end.errors, end.output, explained, state] { #expect(!text.contains("X-Goog")) }
    }
  }

  @Test(.enabled(if: SmallDisk.isAllowed))
  func `a disk that is full is a reason to try again, and the chain goes on when there is room`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")])) { stage in
      try stage.makeDirectory("small")
      let disk = try SmallDisk(at: stage.path("small"))
      try disk.fill()
      try stage.write(Self.rules(to: stage.path("small")))
      let watch = try stage.start("--rules", "rules.json", "--until-done", "--since", "all")
      try await watch.says("attempt failed, it will be repeated")
      disk.free()
      let end = try await watch.end()
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.errors.contains("reason=\"diskFailed: "), "\(end.errors)")
      #expect(try told(stage).first?[text: "path"] == stage.path("small/run_a"))
      #expect(try stage.files("small") == ["run_a"])
    }
  }

  /// Give the seed that a failure printed as `VI_NOTIFY_KILL_SEED`, to see the same moments again.
  private static let seed =
    getenv("VI_NOTIFY_KILL_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 1..<1_000_000)

  @Test func `killed at 12 moments, it has every model whole, and has told of each under one id`() async throws {
    print("seed of the download kill test: \(Self.seed)")
    var random = SeededGenerator(seed: Self.seed)
    let runs = (0..<8).map { ScriptedRun.ended("run_\($0)") }
    try await onStage(Scenario(modelSize: 24_000_000, runs: runs)) { stage in
      try stage.write(Self.rules())
      for _ in 0..<12 {
        let asked = stage.simulator.requestCount(.file)
        let watch = try stage.start("--rules", "rules.json", "--since", "all")
        if Bool.random(using: &random), asked < 40 {
          try await stage.simulator.requestCount(.file, atLeast: asked + .random(in: 1...4, using: &random))
        } else {
          try await watch.says("watching")
        }
        usleep(.random(in: 0..<20_000, using: &random))
        watch.send(SIGKILL)
        _ = try await watch.end()
        #expect(wholeOrNothing(stage))
      }
      let end = try await stage.run("--rules", "rules.json", "--until-done")
      #expect(end.code == 0, "\(end.errors)")
      #expect(
        Set(try told(stage).compactMap { $0[text: "path"] }) == Set((0..<8).map { stage.path("models/run_\($0)") }))
      #expect(Set(stage.simulator.inbox("hub").map(\.webhookID)).count == 8)
      #expect(try stage.files("models").sorted() == (0..<8).map { "run_\($0)" })
      let sizes = try (0..<8).map { try stage.bytes("models/run_\($0)/model_full/model.safetensors").count }
      #expect(Set(sizes).count == 1)
      print("requests for 8 models: \(stage.simulator.requestCount(.file))")
    }
  }

  /// Who looks at a model's place sees all of it or nothing.
  private func wholeOrNothing(_ stage: Stage) -> Bool {
    ((try? stage.files("models")) ?? []).filter { $0.hasPrefix("run_") }
      .allSatisfy { (try? stage.files("models/\($0)/model_full").sorted()) == ["model.safetensors", "run.json"] }
  }
}
