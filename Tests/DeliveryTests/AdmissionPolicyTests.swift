import Rules
import Runs
import Storage
import Testing

@testable import Delivery

@Suite struct AdmissionPolicyTests {
  private static let start = Timestamp(milliseconds: 1_766_000_000_000)

  private func gate(
    concurrency: Int = 4, rate: RateLimit? = nil, hasCircuit: Bool = true, failures: Int = 0,
    probeAt: Timestamp? = nil, holdUntil: Timestamp? = nil
  ) -> AdmissionPolicy {
    AdmissionPolicy(
      concurrency: concurrency, rateLimit: rate, hasCircuit: hasCircuit,
      state: DestinationState(
        name: "d", fingerprint: "f", holdUntil: holdUntil, failures: failures, nextProbeAt: probeAt),
      now: Self.start)
  }

  private func at(_ seconds: Double) -> Timestamp { Self.start + .milliseconds(Int64(seconds * 1000)) }

  /// One attempt from start to end, in the same moment.
  private func attempt(
    _ gate: inout AdmissionPolicy, _ outcome: Outcome, hold: Duration? = nil, at now: Timestamp
  ) -> Bool {
    let pass = gate.begin(at: now)
    return gate.end(
      pass, AttemptResult(outcome: outcome, hold: hold, detail: "why"), after: .zero, at: now, randomness: 0.5)
  }

  @Test func `no more attempts are under way than the destination takes`() {
    var gate = gate(concurrency: 2)
    #expect(gate.opening(at: at(0)) == .now(2))
    let pass = gate.begin(at: at(0))
    #expect(gate.opening(at: at(0)) == .now(1))
    _ = gate.begin(at: at(0))
    #expect(gate.opening(at: at(0)) == .busy)
    let changed1 = gate.end(pass, AttemptResult(outcome: .delivered), after: .seconds(1), at: at(1), randomness: 0.5)
    #expect(!changed1)
    #expect(gate.opening(at: at(1)) == .now(1))
  }

  @Test func `the pace holds beside the number of attempts at once`() {
    var gate = gate(concurrency: 3, rate: RateLimit(count: 2, per: .seconds(2)))
    #expect(gate.opening(at: at(0)) == .now(2))
    _ = attempt(&gate, .delivered, at: at(0))
    _ = attempt(&gate, .delivered, at: at(0))
    #expect(gate.opening(at: at(0)) == .paced(until: at(1)))
    #expect(gate.opening(at: at(1)) == .now(1))
  }

  @Test func `a wait that was asked for holds the whole destination, to the end, and a shorter one doesn't end it`() {
    var gate = gate()
    let changed2 = attempt(&gate, .retry(.rateLimited, after: .seconds(60)), hold: .seconds(60), at: at(0))
    #expect(changed2)
    #expect(gate.opening(at: at(59.999)) == .held(until: at(60)))
    #expect(gate.opening(at: at(60)) == .now(4))
    let changed3 = attempt(&gate, .retry(.rateLimited, after: .seconds(5)), hold: .seconds(5), at: at(50))
    #expect(!changed3)
    #expect(gate.opening(at: at(55)) == .held(until: at(60)))
    let changed4 = attempt(&gate, .delivered, hold: .seconds(2), at: at(60))
    #expect(changed4)
    #expect(gate.opening(at: at(61)) == .held(until: at(62)))
  }

  @Test func `being told to wait is no failure, and being refused without a word of how long is one`() {
    var gate = gate()
    for _ in 0..<20 { _ = attempt(&gate, .retry(.rateLimited, after: .seconds(1)), hold: .seconds(1), at: at(0)) }
    #expect(gate.state.failures == 0)
    for _ in 0..<5 { _ = attempt(&gate, .retry(.rateLimited, after: nil), at: at(9)) }
    #expect(gate.opening(at: at(9)) == .held(until: at(14)))
  }

  @Test func `after five failures in a row one probe goes out at a time, a minute apart however long the outage`() {
    var gate = gate()
    for count in 1...4 {
      let changed5 = attempt(&gate, .retry(.serverError, after: nil), at: at(0))
      #expect(changed5)
      #expect(gate.opening(at: at(0)) == .now(4), "\(count)")
    }
    let changed6 = attempt(&gate, .retry(.serverError, after: nil), at: at(0))
    #expect(changed6)
    var now = 0.0
    for delay in [5.0, 30] + Array(repeating: 60.0, count: 5_000) {
      #expect(gate.opening(at: at(now + delay - 0.001)) == .held(until: at(now + delay)))
      #expect(gate.probeAt(at(now)) == at(now + delay))
      now += delay
      #expect(gate.opening(at: at(now)) == .now(1))
      #expect(gate.probeAt(at(now)) == at(now))
      let pass = gate.begin(at: at(now))
      #expect(pass == .probe)
      #expect(gate.opening(at: at(now)) == .busy)
      #expect(gate.probeAt(at(now)) == nil)
      let changed7 = gate.end(
        pass, AttemptResult(outcome: .retry(.timedOut, after: nil)), after: .zero, at: at(now), randomness: 0.5)
      #expect(changed7)
    }
    let pass = gate.begin(at: at(now + 60))
    let changed8 = gate.end(
      pass, AttemptResult(outcome: .delivered), after: .zero, at: at(now + 60), randomness: 0.5)
    #expect(changed8)
    #expect(gate.opening(at: at(now + 60)) == .now(4))
    #expect((gate.state.failures, gate.state.nextProbeAt?.milliseconds) == (0, nil))
  }

  @Test
  func `a minute is counted from the beginning of an attempt, and a probe that takes longer has the next behind it`() {
    for (took, next) in [(15.0, 60.0), (59.9, 60.0), (90, 90)] {
      var gate = gate(failures: 9, probeAt: at(0))
      let pass = gate.begin(at: at(0))
      _ = gate.end(
        pass, AttemptResult(outcome: .retry(.timedOut, after: nil)), after: .milliseconds(Int64(took * 1000)),
        at: at(took), randomness: 0.9)
      #expect(gate.probeAt(at(took)) == at(next))
    }
  }

  @Test
  func `also before the breaker opens a destination that fails is tried within a minute, unless others are trying it`()
  {
    var gate = gate()
    #expect(gate.probeAt(at(0)) == nil)
    for failure in 0..<4 {
      let now = Double(failure) * 60
      _ = attempt(&gate, .retry(.serverError, after: nil), at: at(now))
      #expect(gate.probeAt(at(now)) == at(now + 60))
      let other = gate.begin(at: at(now + 1))
      #expect(gate.probeAt(at(now + 60)) == nil)
      _ = gate.end(other, AttemptResult(outcome: .interrupted), after: .seconds(1), at: at(now + 2), randomness: 0.5)
    }
    let pass = gate.begin(at: at(240), isEarly: true)
    #expect(gate.opening(at: at(240)) == .now(3))
    #expect(gate.probeAt(at(240)) == nil)
    _ = gate.end(pass, AttemptResult(outcome: .delivered), after: .zero, at: at(240), randomness: 0.5)
    #expect(gate.probeAt(at(240)) == nil)
  }

  @Test func `a probe waits as long as the destination asked for`() {
    var gate = gate(failures: 9, probeAt: at(0))
    _ = attempt(&gate, .retry(.serverError, after: .seconds(3600)), hold: .seconds(3600), at: at(0))
    #expect(gate.probeAt(at(100)) == at(3600))
    #expect(gate.opening(at: at(100)) == .held(until: at(3600)))
  }

  @Test func `the first success lets go of what backs off, and one that fails among successes is let go once a minute`()
  {
    var gate = gate()
    _ = attempt(&gate, .delivered, at: at(0))
    #expect(gate.releaseAt == nil)
    _ = attempt(&gate, .retry(.serverError, after: nil), at: at(1))
    _ = attempt(&gate, .delivered, at: at(2))
    #expect(gate.releaseAt == at(2))
    #expect(gate.release(at: at(1.9)) == false)
    #expect(gate.release(at: at(2)) == true)
    #expect(gate.release(at: at(2)) == false)
    for second in 3..<60 {
      _ = attempt(&gate, .retry(.serverError, after: nil), at: at(Double(second)))
      #expect(gate.releaseAt == nil)
      _ = attempt(&gate, .delivered, at: at(Double(second) + 0.5))
      #expect(gate.releaseAt == at(62))
    }
    #expect(gate.release(at: at(62)) == true)
  }

  @Test func `who asks gets one probe at once, also into a pause that the destination asked for`() {
    var gate = gate(failures: 9, probeAt: at(50))
    gate.probeNow(at: at(1))
    #expect(gate.opening(at: at(1)) == .now(1))
    var held = self.gate(failures: 9, probeAt: at(50), holdUntil: at(40))
    held.probeNow(at: at(1))
    #expect(held.opening(at: at(1)) == .now(1))
    let probe = held.begin(at: at(1))
    #expect(probe == .probe)
    #expect(held.opening(at: at(1)) == .held(until: at(40)))
    _ = held.end(probe, AttemptResult(outcome: .delivered), after: .seconds(1), at: at(2), randomness: 0.5)
    #expect(held.state.holdUntil == nil && held.state.failures == 0)
    var again = self.gate(holdUntil: at(400))
    again.probeNow(at: at(1))
    #expect(again.opening(at: at(60)) == .now(1))
    #expect(again.opening(at: at(61)) == .held(until: at(400)))
    var well = self.gate()
    well.probeNow(at: at(1))
    #expect(well.state.nextProbeAt == nil)
  }

  @Test func `what was under way when it began to fail doesn't push the probe away`() {
    var gate = gate(concurrency: 64)
    let passes = (0..<64).map { _ in gate.begin(at: at(0)) }
    for pass in passes {
      _ = gate.end(
        pass, AttemptResult(outcome: .retry(.unreachable, after: nil)), after: .seconds(1), at: at(1), randomness: 0.5)
    }
    #expect(gate.state.failures == 5)
    #expect(gate.opening(at: at(1)) == .held(until: at(6)))
  }

  @Test func `a success or a plain no in between starts the count anew`() {
    for answer in [Outcome.delivered, .rejected(.clientError), .rejected(.unauthorized)] {
      var gate = gate()
      for _ in 0..<4 { _ = attempt(&gate, .retry(.serverError, after: nil), at: at(0)) }
      let changed9 = attempt(&gate, answer, at: at(0))
      #expect(changed9)
      for _ in 0..<4 { _ = attempt(&gate, .retry(.serverError, after: nil), at: at(0)) }
      #expect(gate.opening(at: at(0)) == .now(4))
    }
  }

  @Test func `an attempt that we cut off says nothing, and gives the probe back`() {
    var gate = gate(failures: 5, probeAt: at(0))
    let pass = gate.begin(at: at(1))
    #expect(gate.opening(at: at(1)) == .busy)
    let changed10 = gate.end(pass, AttemptResult(outcome: .interrupted), after: .seconds(1), at: at(2), randomness: 0.5)
    #expect(!changed10)
    #expect(gate.opening(at: at(2)) == .now(1))
  }

  @Test func `410 stops it, and then one probe a day is all that goes until one succeeds`() {
    var gate = gate()
    let late = gate.begin(at: at(0))
    let changed11 = attempt(&gate, .rejected(.gone), at: at(1))
    #expect(changed11)
    #expect(gate.opening(at: at(86_400)) == .held(until: at(86_401)))
    #expect((gate.state.stoppedAt, gate.state.stoppedReason) == (at(1), "why"))
    let changed12 = gate.end(late, AttemptResult(outcome: .delivered), after: .seconds(2), at: at(2), randomness: 0.5)
    #expect(!changed12)
    var now = 1.0
    for answer in [
      Outcome.rejected(.gone), .retry(.serverError, after: nil), .rejected(.clientError),
    ] {
      now += 86_400
      #expect(gate.opening(at: at(now - 0.001)) == .held(until: at(now)))
      #expect(gate.opening(at: at(now)) == .now(1))
      let changed = attempt(&gate, answer, at: at(now))
      #expect(changed && gate.isStopped)
      #expect(gate.state.stoppedAt == at(1))
    }
    let reopened = attempt(&gate, .delivered, at: at(now + 86_400))
    #expect(reopened && !gate.isStopped)
    #expect(gate.opening(at: at(now + 86_400)) == .now(4))
  }

  @Test func `what was written down is in force again after a restart`() {
    #expect(gate(holdUntil: at(9)).opening(at: at(0)) == .held(until: at(9)))
    #expect(gate(failures: 7, probeAt: at(9)).opening(at: at(0)) == .held(until: at(9)))
    #expect(gate(failures: 7, probeAt: at(9)).opening(at: at(9)) == .now(1))
    #expect(gate(holdUntil: at(10_000_000)).opening(at: at(0)) == .held(until: at(86_400)))
    #expect(gate(failures: 7, probeAt: at(10_000_000)).opening(at: at(0)) == .held(until: at(60)))
    #expect(gate(failures: 2).probeAt(at(0)) == at(0))
  }

  @Test func `hooks have no circuit`() {
    var gate = gate(hasCircuit: false)
    for _ in 0..<50 { _ = attempt(&gate, .retry(.hookFailed, after: nil), at: at(0)) }
    #expect(gate.opening(at: at(0)) == .now(4))
  }
}
