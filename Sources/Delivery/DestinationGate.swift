internal import Rules
internal import Runs
internal import Storage

/// Decides when deliveries may go to one destination, and how many at once: attempts at once, pace, what its answers asked
/// for, the circuit, the stop. It does nothing itself, and time is passed in.
struct DestinationGate: Sendable {
  /// After so many failures in a row only probes are sent.
  static let failuresBeforeProbing = 5
  /// No wait is longer; one that seems so was written down under a clock that was wrong.
  private static let longestWait: Duration = .seconds(86_400)

  enum Opening: Sendable, Equatable {
    /// So many may start, at least one.
    case now(Int)
    /// The pace lets the next one through then.
    case paced(until: Timestamp)
    /// The destination asked for it, or it fails and isn't probed before that.
    case held(until: Timestamp)
    /// When an attempt that is under way has ended.
    case busy
    /// Not before its configuration changes.
    case stopped
  }

  /// Which role an attempt has been given.
  enum Pass: Sendable, Equatable {
    case regular, probe
  }

  private let concurrency: Int
  private let hasCircuit: Bool
  private var pace: Pace?
  private var isProbing = false
  /// Attempts under way.
  private(set) var inUse = 0
  /// What must survive a restart.
  private(set) var state: DestinationState

  /// - Parameter hasCircuit: false for hooks, of which one's failure says nothing about another.
  init(concurrency: Int, rateLimit: RateLimit?, hasCircuit: Bool = true, state: DestinationState, now: Timestamp) {
    self.concurrency = concurrency
    self.hasCircuit = hasCircuit
    pace = rateLimit.map(Pace.init)
    self.state = state
    self.state.holdUntil = state.holdUntil.map { min($0, now + Self.longestWait) }
    self.state.nextProbeAt = state.nextProbeAt.map { min($0, now + Self.longestWait) }
  }

  var isStopped: Bool { state.stoppedAt != nil }

  var isFailing: Bool { hasCircuit && state.failures >= Self.failuresBeforeProbing }

  func opening(at now: Timestamp) -> Opening {
    if isStopped { return .stopped }
    let probeAt = isFailing ? state.nextProbeAt : nil
    if let until = [state.holdUntil, probeAt].compactMap(\.self).max(), until > now { return .held(until: until) }
    let room = isFailing ? (isProbing ? 0 : 1) : concurrency - inUse
    guard room > 0 else { return .busy }
    guard let pace else { return .now(room) }
    let tokens = pace.available(at: now)
    return tokens > 0 ? .now(min(room, tokens)) : .paced(until: pace.nextAvailable(after: now))
  }

  /// An attempt starts. Only after ``opening(at:)`` said `now`.
  mutating func begin(at now: Timestamp) -> Pass {
    inUse += 1
    pace?.take(at: now)
    guard isFailing else { return .regular }
    isProbing = true
    return .probe
  }

  /// An attempt has ended. True when ``state`` is another one by that.
  ///
  /// - Parameter randomness: 0 ..< 1, spreads the time of a probe.
  mutating func end(_ pass: Pass, _ result: AttemptResult, at now: Timestamp, randomness: Double) -> Bool {
    inUse -= 1
    if pass == .probe { isProbing = false }
    // The stop is the last thing that is known of it.
    if isStopped { return false }
    let before = (state.failures, state.nextProbeAt, state.holdUntil, state.stoppedAt)
    let hold = result.hold.flatMap { $0 > .zero ? now + $0 : nil }
    if let hold { state.holdUntil = max(hold, state.holdUntil ?? hold) }
    switch result.outcome {
    // Of these the destination has heard nothing.
    case .interrupted, .rejected(.notConfigured), .rejected(.forbiddenAddress): break
    // Told to wait is not failing, as long as we do.
    case .retry(.rateLimited, _) where hold != nil: break
    case .retry: failed(pass, at: now, randomness: randomness)
    case .rejected(.gone):
      succeeded()
      (state.stoppedAt, state.stoppedReason) = (now, result.detail)
    // A no is an answer: the destination works.
    case .delivered, .rejected: succeeded()
    }
    return before != (state.failures, state.nextProbeAt, state.holdUntil, state.stoppedAt)
  }

  private mutating func succeeded() {
    (state.failures, state.nextProbeAt) = (0, nil)
  }

  private mutating func failed(_ pass: Pass, at now: Timestamp, randomness: Double) {
    // Once it is known to fail only probes count: what was under way before says the same thing once more.
    guard hasCircuit, !isFailing || pass == .probe else { return }
    state.failures += 1
    guard isFailing else { return }
    let probes = state.failures - Self.failuresBeforeProbing + 1
    state.nextProbeAt = now + RetryPolicy.delay(after: probes, randomness: randomness)
  }
}
