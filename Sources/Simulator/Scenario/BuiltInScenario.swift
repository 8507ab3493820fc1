extension Scenario {
  /// The default of `vi-notify simulate`: in each dialect a few runs that live through everything within a minute, and thirty old
  /// ones, so that there are several pages.
  package static let builtIn: Scenario = {
    var scenario = Scenario(population: Population(count: 30, seed: 7))
    for (index, dialect) in Dialect.allCases.enumerated() {
      let shift = Int64(index) * 3_000
      scenario.runs += [
        life("succeeds", dialect, "prod-inspection", running: 4_000 + shift, .init(at: 20_000 + shift, .succeeded)),
        life(
          "fails", dialect, "detector", running: 6_000 + shift,
          .init(
            at: 30_000 + shift, .failed, reason: "OutOfMemory",
            message: "CUDA out of memory. Tried to allocate 2.50 GiB.")),
        life("is_cancelled", dialect, "captioner", running: 8_000 + shift, .init(at: 40_000 + shift, .cancelled)),
      ]
    }
    scenario.runs.append(
      life(
        "breaks", .documented, "prod-ocr", running: 10_000,
        .init(at: 50_000, .error, reason: "InternalError", message: "The trainer stopped without a word.")))
    scenario.runs.append(ScriptedRun("run_waits_for_you", flow: "shelf-counter", created: 0))
    return scenario
  }()

  /// The built-in scenario with its runs repeated every minute for an hour, so that a late watcher sees runs end, too.
  package static let lasting: Scenario = {
    var scenario = builtIn
    let first = scenario.runs.filter { !$0.life.isEmpty }
    for minute in 1..<60 {
      scenario.runs += first.map { run in
        var again = run.shifted(by: Int64(minute) * 60_000)
        again.runID = "\(run.runID)_\(minute)"
        return again
      }
    }
    return scenario
  }()

  private static func life(
    _ name: String, _ dialect: Dialect, _ flow: String, running: Int64, _ end: ScriptedRun.Step
  ) -> ScriptedRun {
    ScriptedRun(
      "run_\(name)_\(dialect.rawValue)", flow: flow, dialect: dialect, created: -5_000,
      attributes: ["stage": flow.hasPrefix("prod-") ? "release" : "trial"],
      life: [ScriptedRun.Step(at: running, .running), end])
  }
}
