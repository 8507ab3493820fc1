/// Many old runs, the same for the same seed: spread over weeks, with mixed flows, phases and dialects.
package struct Population: Sendable {
  package var count: Int
  package var seed: UInt64
  /// The share of ended runs, from 0 to 1; the others never end.
  package var ended: Double
  /// They were created within this many milliseconds before the simulator's start.
  package var over: Int64

  package init(count: Int, seed: UInt64 = 1, ended: Double = 1, over: Int64 = 42 * 86_400_000) {
    self.count = count
    self.seed = seed
    self.ended = ended
    self.over = over
  }

  private static let flows = ["detector", "captioner", "prod-inspection", "prod-ocr", "shelf-counter"]
  private static let failures = [
    ("OutOfMemory", "CUDA out of memory. Tried to allocate 2.50 GiB."),
    ("DatasetEmpty", "The dataset has no annotated assets."),
    ("NodeLost", "The machine that trained the run went away."),
  ]

  /// Leaves dialects to the scenario.
  func runs() -> [ScriptedRun] {
    var random = SplitMix64(state: seed)
    return (0..<count).map { index in run(index, &random) }
  }

  private func run(_ index: Int, _ random: inout SplitMix64) -> ScriptedRun {
    // Nothing is created in the last ten minutes, so that old runs have ended when the simulator starts.
    let created = -600_000 - Int64.random(in: 0...max(1, over - 600_000), using: &random)
    let id = "run_\(String(seed, radix: 36))_\(String(index, radix: 36))\(String(random.next() >> 40, radix: 36))"
    var run = ScriptedRun(
      id, flow: Self.flows.randomElement(using: &random) ?? "detector",
      trainingProject: "project_\(Int.random(in: 1...5, using: &random))", created: created,
      attributes: ["stage": Bool.random(using: &random) ? "release" : "trial"])
    guard Double.random(in: 0..<1, using: &random) < ended else {
      if Bool.random(using: &random) { run.life = [.init(at: created + 30_000, .running)] }
      return run
    }
    let end = min(created + Int64.random(in: 60_000...14_400_000, using: &random), -1)
    run.life = [.init(at: min(created + 30_000, end), .running), ending(at: end, &random)]
    return run
  }

  private func ending(at time: Int64, _ random: inout SplitMix64) -> ScriptedRun.Step {
    let failure = Self.failures.randomElement(using: &random) ?? ("Unknown", "")
    return switch Int.random(in: 0..<100, using: &random) {
    case ..<70: .init(at: time, .succeeded)
    case ..<85: .init(at: time, .failed, reason: failure.0, message: failure.1)
    case ..<92: .init(at: time, .error, reason: "InternalError", message: "The trainer stopped without a word.")
    default: .init(at: time, .cancelled)
    }
  }
}

/// A deterministic generator (Vigna's SplitMix64).
struct SplitMix64: RandomNumberGenerator, Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
