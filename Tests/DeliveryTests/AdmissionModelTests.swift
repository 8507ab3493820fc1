import Rules
import Runs
import Storage
import TestSupport
import Testing

@testable import Delivery

/// Random lives of a gate: whatever happens, what it promises holds.
@Suite struct AdmissionModelTests {
  private static let outcomes: [Outcome] = [
    .delivered, .delivered, .retry(.serverError, after: nil), .retry(.serverError, after: nil),
    .retry(.rateLimited, after: nil), .rejected(.clientError), .rejected(.gone), .interrupted,
  ]

  private static func newGate(_ random: inout SeededGenerator, _ concurrency: Int) -> AdmissionPolicy {
    AdmissionPolicy(
      concurrency: concurrency,
      rateLimit: Bool.random(using: &random)
        ? RateLimit(count: .random(in: 1...5, using: &random), per: .seconds(1)) : nil,
      state: DestinationState(name: "d", fingerprint: ""), now: Timestamp(milliseconds: 0))
  }

  @Test(arguments: UInt64(0)..<60)
  func `it opens only as far as it may, and always again`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let concurrency = Int.random(in: 1...6, using: &random)
    var (gate, now) = (Self.newGate(&random, concurrency), Timestamp(milliseconds: 1_000))
    var (passes, heldUntil) = ([AttemptRole](), now)
    for _ in 0..<500 {
      now = now + .milliseconds(.random(in: 0...1_500, using: &random))
      switch gate.opening(at: now) {
      case .now(let count):
        #expect(count >= 1 && count <= concurrency - passes.count || gate.isFailing && count == 1, "seed \(seed)")
        #expect(now >= heldUntil, "seed \(seed)")
        if gate.isFailing { #expect(!passes.contains(.probe), "seed \(seed)") }
        passes += (0..<Int.random(in: 1...count, using: &random)).map { _ in gate.begin(at: now) }
      case .paced(let until), .held(let until):
        #expect(until > now, "seed \(seed)")
        if Bool.random(using: &random) { now = until }
      case .busy: #expect(!passes.isEmpty, "seed \(seed)")
      }
      guard !passes.isEmpty, Bool.random(using: &random) else { continue }
      let pass = passes.remove(at: .random(in: passes.indices, using: &random))
      let hold: Duration? =
        Int.random(in: 0..<8, using: &random) == 0 ? .milliseconds(.random(in: 0...9_000, using: &random)) : nil
      let result = AttemptResult(outcome: Self.outcomes.randomElement(using: &random) ?? .delivered, hold: hold)
      _ = gate.end(pass, result, after: .zero, at: now, randomness: .random(in: 0..<1, using: &random))
      if let hold { heldUntil = max(heldUntil, now + hold) }
      #expect(gate.inUse == passes.count, "seed \(seed)")
    }
    // Left alone it opens: no sequence of answers shuts it for ever.
    for pass in passes { _ = gate.end(pass, AttemptResult(outcome: .delivered), after: .zero, at: now, randomness: 0) }
    guard case .now = gate.opening(at: now + .seconds(100_000)) else {
      Issue.record("it never opened again, seed \(seed)")
      return
    }
  }
}
