import FoundationEssentials
import Glibc
import JSONSource
import Simulator
import Testing

/// `models list` and `models download`.
@Suite(.timeLimit(.minutes(6))) struct ModelsCommandTests {
  private func scenario(_ files: ModelFiles = ModelFiles(), size: Int = 300_000, _ runs: [ScriptedRun] = []) -> Scenario
  {
    Scenario(modelSize: size, models: files, runs: [.ended("run_a", .succeeded, ago: 300_000)] + runs)
  }

  @Test func `list shows models as a table and as JSON, the latest last`() async throws {
    try await onStage(scenario(ModelFiles(), [.running("run_b")])) { stage in
      let table = try await stage.run("models", "list", "run_a")
      #expect(table.code == 0, "\(table.errors)")
      let rows = table.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      #expect(rows.first == ["MODEL", "EPOCH", "READY", "METRICS"])
      #expect(rows.last == ["ckpt_30", "30", "yes", "loss", "0.70"])
      let json = try await stage.run("models", "list", "run_a", "--output", "json")
      #expect(json.output.hasPrefix(#"[{"modelId":"ckpt_10","epoch":10,"metrics":{"loss":0.90},"ready":true},"#))
      let running = try await stage.run("models", "list", "run_b", "--output", "json")
      #expect(try running.rows.map { $0["ready"]?.bool } == [false])
      #expect(try await stage.run("models", "list", "run_none").code == 1)
      #expect(try await stage.run("models", "list", "no run").code == 64)
    }
  }

  @Test func `download says where the model is, and the next time asks nobody`() async throws {
    try await onStage(scenario()) { stage in
      let first = try await stage.run("models", "download", "run_a")
      #expect(first.code == 0, "\(first.errors)")
      #expect(first.output == "\(stage.directory)/.datature/vi/models/run_a\n")
      #expect(try stage.files(".datature/vi/models/run_a/model_full").sorted() == ["model.safetensors", "run.json"])
      let requests = stage.simulator.requestCount()
      let second = try await stage.run("models", "download", "run_a", "--output", "json")
      #expect(stage.simulator.requestCount() == requests)
      let result = try JSONDocument(parsing: Array(second.output.utf8)).root
      #expect(result["path"]?.string == "\(stage.directory)/.datature/vi/models/run_a")
      #expect(result["downloaded"]?.bool == false)
      #expect(try #require(result["bytes"]?.integer) > 300_000)
      let other = try await stage.run(
        "models", "download", "run_a", "--checkpoint", "ckpt_10", "--to", "here", "--output", "json")
      #expect(try JSONDocument(parsing: Array(other.output.utf8)).root["downloaded"]?.bool == true)
      #expect(stage.read("here/run_a/.vi-notify.json")?.contains("ckpt_10") == true)
    }
  }

  @Test func `download waits for a run that goes on, and gives up on one that has failed`() async throws {
    try await onStage(scenario(ModelFiles(), [.running("run_b"), .running("run_c")])) { stage in
      for (run, phase, code) in [("run_b", ScriptedRun.Phase.succeeded, 0), ("run_c", .failed, 1)] {
        let asked = stage.simulator.requestCount(.get)
        let download = try stage.start("models", "download", run)
        try await stage.simulator.requestCount(.get, atLeast: asked + 1)
        stage.simulator.move(run, to: phase)
        let end = try await download.end()
        #expect(end.code == code, "\(end.errors)")
        if code == 1 { #expect(end.errors.contains("run_c has no model and never will: it is failed")) }
      }
    }
  }

  @Test func `exit codes say what it was`() async throws {
    try await onStage(scenario(ModelFiles(exportDelay: 1 << 40), [.ended("run_x", .succeeded, ago: 1)])) { stage in
      func code(_ arguments: String..., with extra: [String: String] = [:]) async throws -> Int? {
        try await stage.run(arguments: ["models", "download"] + arguments, with: extra).code
      }
      #expect(try await code("run_none") == 1)
      #expect(try await code("run_a", "--checkpoint", "ckpt_99") == 1)
      #expect(try await code("run_a", "--checkpoint", "../x") == 64)
      #expect(try await code("run_a", "--timeout", "1ms") == 124)
      #expect(try await code("run_a", with: ["DATATURE_VI_SECRET_KEY": "dtvi_wrong"]) == 77)
      try stage.write("a file", to: "file")
      #expect(try await code("run_a", "--to", "file/models") == 73)
      #expect(try await code("run_a", with: ["HOME": ""]) == 78)
    }
  }

  @Test func `an archive that is none is told, and nothing of it stays`() async throws {
    var run = ScriptedRun.ended("run_a", .succeeded, ago: 300_000)
    run.archive = Tar.entry("x", [], .symbolicLink, link: "/etc/passwd") + Tar.end
    try await onStage(Scenario(runs: [run])) { stage in
      let end = try await stage.run("models", "download", "run_a", "--to", "models")
      #expect(end.code == 76)
      #expect(
        end.errors.contains(
          "the archive contains an entry that is neither file nor directory: x; nothing was kept")
      )
      #expect(try stage.files("models") == [])
    }
  }

  @Test func `interrupted, it says that it goes on, and does`() async throws {
    let slow = Fault(on: .file, after: 6, ScriptedAnswer(.hang, times: nil))
    try await onStage(Scenario(modelSize: 12_000_000, runs: [.ended("run_a", .succeeded, ago: 9_000)], faults: [slow]))
    { stage in
      let download = try stage.start("models", "download", "run_a", "--to", "models")
      try await stage.simulator.requestCount(.file, atLeast: 7)
      try await DirectoryWatch.waits(for: "journal", in: stage.path("models/.run_a.vi-notify"))
      download.send(SIGINT)
      let end = try await download.end()
      #expect(end.code == 130)
      #expect(end.errors.contains("interrupted; the next download resumes this one"))
      #expect(end.output.isEmpty)
      stage.simulator.setFaults([])
      let again = try await stage.run("models", "download", "run_a", "--to", "models")
      #expect(again.code == 0, "\(again.errors)")
      #expect(try stage.files("models") == ["run_a"])
    }
  }

  @Test func `nothing that it says or leaves behind has the link in it`() async throws {
    let faults = [
      Fault(on: .file, after: 1, .status(403, body: "<Error><Code>ExpiredToken</Code></Error>", times: nil))
    ]
    try await onStage(Scenario(modelSize: 12_000_000, runs: [.ended("run_a", .succeeded, ago: 9_000)], faults: faults))
    { stage in
      let end = try await stage.run("models", "download", "run_a", "--to", "models")
      #expect(end.code == 69)
      #expect(end.errors.contains("the download was refused (403 ExpiredToken)"))
      #expect(!"\(end.output)\(end.errors)".contains("X-Goog-Signature"))
      let left = try FileManager.default.subpathsOfDirectory(atPath: stage.path("models"))
      #expect(left.contains(".run_a.vi-notify/journal"))
      for name in left where name.hasSuffix("journal") || name.hasSuffix(".json") {
        #expect(stage.read("models/\(name)")?.contains("Signature") == false)
      }
    }
  }
}
