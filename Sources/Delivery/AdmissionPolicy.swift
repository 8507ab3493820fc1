internal import Rules
internal import Runs
internal import Storage

/// Decides when deliveries may go to one destination, and how many at once: attempts at once, rate limit, what its answers
/// asked for, the circuit breaker, the stop. It does nothing itself, and time is passed in.
///
/// Its probes are its own and no delivery's. A destination that fails is tried again a minute after it was tried last, with
/// whatever waits for it; while the breaker is open with nothing else. So one that is well again is used within a minute, and
/// one that isn't gets one request a minute.
struct AdmissionPolicy: Sendable {
  /// Between the beginnings of two attempts at a destination that fails, as long as something waits for it. Exact: drawn at
  /// random it would be longer than a minute or more often than once a minute. When it begins is spread, by ``firstProbes``.
  static let probePause: Duration = .seconds(60)
  /// After the breaker has opened, ±20 %: most outages are short, and who fails for many must not be tried by all at once.
  static let firstProbes: [Duration] = [.seconds(5), .seconds(30)]
  /// No wait is longer; one that seems so was written down under a clock that was wrong.
  private static let maxWait: Duration = .seconds(86_400)
  /// A stopped destination is asked so often whether it still is: a no may have been somebody else's, or taken back.
  private static let betweenStopProbes: Duration = .seconds(86_400)

  enum Opening: Sendable, Equatable {
    /// So many may start, at least one.
    case now(Int)
    /// The rate limit lets the next one through then.
    case paced(until: Timestamp)
    /// The destination asked for it, or it fails and isn't probed before that.
    case held(until: Timestamp)
    /// When an attempt that is under way has ended.
    case busy
  }

  private var concurrency: Int
  private let hasCircuit: Bool
  private var rateLimit: RateLimit?
  private var pace: TokenBucket?
  private var isProbing = false
  /// Somebody wants to know whether it works, and no pause that it asked for keeps one attempt back until then.
  private var askedUntil: Timestamp?
  /// The pause into which the probe under way was sent.
  private var probedPause: Timestamp?
  /// Attempts under way.
  private(set) var inUse = 0
  /// What must survive a restart.
  private(set) var state: DestinationState
  /// Deliveries wait for it whose back-off would be pointless if it worked.
  private(set) var isBackingOff = false
  /// It works: then what backs off is let go; nil: nothing is to be let go.
  private(set) var releaseAt: Timestamp?
  private var releasedAt: Timestamp?

  /// - Parameters:
  ///   - hasCircuit: false for hooks, of which one's failure says nothing about another.
  ///   - idle: for how long another process, which had it before, has let nothing through; nil: none had it.
  init(
    concurrency: Int, rateLimit: RateLimit?, hasCircuit: Bool = true, state: DestinationState, idle: Duration? = nil,
    now: Timestamp
  ) {
    self.concurrency = concurrency
    self.hasCircuit = hasCircuit
    self.rateLimit = rateLimit
    pace = rateLimit.map { TokenBucket($0, emptyFor: idle, at: now) }
    self.state = state
    self.state.holdUntil = state.holdUntil.map { min($0, now + Self.maxWait) }
    if isStopped {
      // Earlier versions stopped without a probe.
      stop("", probeAt: min(state.nextProbeAt ?? now, now + Self.betweenStopProbes), at: now)
    } else {
      self.state.nextProbeAt = state.failures > 0 ? min(state.nextProbeAt ?? now, now + Self.probePause) : nil
    }
  }

  var isStopped: Bool { state.stoppedAt != nil }

  /// The breaker is open: only probes go out. So it is, too, while the destination is stopped.
  var isFailing: Bool { hasCircuit && state.isProbed }

  func opening(at now: Timestamp) -> Opening {
    let probeAt = isFailing ? state.nextProbeAt : nil
    let isAsked = askedUntil.map { $0 > now } ?? false
    if !isAsked, let until = [state.holdUntil, probeAt].compactMap(\.self).max(), until > now {
      return .held(until: until)
    }
    let free = concurrency - inUse
    let room = isFailing || isAsked ? (isProbing ? 0 : min(1, free)) : free
    guard room > 0 else { return .busy }
    guard let pace else { return .now(room) }
    let tokens = pace.available(at: now)
    return tokens > 0 ? .now(min(room, tokens)) : .paced(until: pace.nextAvailable(after: now))
  }

  /// When a delivery may go whose own time has not come, so that a destination that fails is tried at all; nil: there is no
  /// reason for it, or one is under way. While the breaker is closed others may be, and they say as much.
  func probeAt(_ now: Timestamp) -> Timestamp? {
    guard hasCircuit, state.failures > 0, let probe = state.nextProbeAt, isFailing ? !isProbing : inUse == 0 else {
      return nil
    }
    switch opening(at: max(now, probe)) {
    case .now: return max(now, probe)
    case .paced(let until), .held(let until): return until
    case .busy: return nil
    }
  }

  /// An attempt starts. Only after ``opening(at:)`` said `now`.
  ///
  /// - Parameter isEarly: it goes because of ``probeAt(_:)``.
  mutating func begin(at now: Timestamp, isEarly: Bool = false) -> AttemptRole {
    inUse += 1
    pace?.take(at: now)
    guard isFailing || isEarly || askedUntil != nil else { return .regular }
    probedPause = askedUntil.flatMap { _ in state.holdUntil }
    (isProbing, askedUntil) = (true, nil)
    return .probe
  }

  /// An attempt has ended. True when ``state`` is another one by that.
  ///
  /// - Parameters:
  ///   - took: how long it was under way.
  ///   - randomness: 0 ..< 1, spreads the time of a probe.
  mutating func end(
    _ pass: AttemptRole, _ result: AttemptResult, after took: Duration, at now: Timestamp, randomness: Double
  ) -> Bool {
    inUse -= 1
    if pass == .probe { isProbing = false }
    let before = state
    let pause = pass == .probe ? probedPause : nil
    let hold = result.hold.flatMap { $0 > .zero ? now + $0 : nil }
    if let hold { state.holdUntil = max(hold, state.holdUntil ?? hold) }
    switch result.outcome {
    // What was under way when it stopped says nothing new: only a probe opens a stopped destination again.
    case _ where isStopped && pass == .regular: if case .retry = result.outcome { isBackingOff = hasCircuit }
    // Of these the destination has heard nothing.
    case .interrupted, .retry(.wrongForm, _), .rejected(.notConfigured), .rejected(.forbiddenAddress): break
    case .rejected(.gone): stop(result.detail, probeAt: now + Self.betweenStopProbes, at: now)
    // Whatever else it says, it hasn't taken anything yet.
    case .retry where isStopped, .rejected where isStopped:
      stop(result.detail, probeAt: now + Self.betweenStopProbes, at: now)
    // Told to wait is not failing, as long as we do.
    case .retry(.rateLimited, _) where hold != nil: isBackingOff = hasCircuit
    case .retry: failed(pass, after: took, at: now, randomness: randomness)
    // A no is an answer: the destination works.
    case .delivered, .rejected:
      // The pause was needless, unless somebody was told of a longer one meanwhile.
      if let pause, state.holdUntil == pause { state.holdUntil = hold }
      succeeded(at: now)
    }
    return before != state
  }

  private mutating func succeeded(at now: Timestamp) {
    (state.failures, state.nextProbeAt) = (0, nil)
    (state.stoppedAt, state.stoppedReason) = (nil, nil)
    guard isBackingOff else { return }
    // What fails again and again where others succeed is let go by them once a minute, and not by each.
    releaseAt = max(now, releasedAt.map { $0 + Self.probePause } ?? now)
  }

  private mutating func stop(_ reason: String, probeAt: Timestamp, at now: Timestamp) {
    if !isStopped { (state.stoppedAt, state.stoppedReason) = (now, reason) }
    state.failures = max(state.failures, DestinationState.failuresBeforeProbing)
    state.nextProbeAt = probeAt
    (isBackingOff, releaseAt) = (hasCircuit, nil)
  }

  private mutating func failed(_ pass: AttemptRole, after took: Duration, at now: Timestamp, randomness: Double) {
    (isBackingOff, releaseAt) = (hasCircuit, nil)
    // Once it is known to fail only probes count: what was under way before says the same thing once more.
    guard hasCircuit, !isFailing || pass == .probe else { return }
    state.failures += 1
    let probe = state.failures - DestinationState.failuresBeforeProbing
    if Self.firstProbes.indices.contains(probe) {
      let delay = Double(Self.firstProbes[probe].milliseconds) * (0.8 + 0.4 * randomness)
      state.nextProbeAt = now + .milliseconds(Int64(delay))
    } else {
      state.nextProbeAt = now + max(.zero, Self.probePause - took)
    }
  }
}

// What waits for it.
extension AdmissionPolicy {
  /// The outbox has deliveries that back off.
  mutating func noteBackOff() { isBackingOff = hasCircuit }

  /// Nothing can be probed with.
  mutating func noteNothingWaits() { isBackingOff = false }

  /// True when what backs off is to be let go now. It is then taken to be.
  mutating func release(at now: Timestamp) -> Bool {
    guard let releaseAt, releaseAt <= now else { return false }
    (self.releaseAt, releasedAt, isBackingOff) = (nil, now, false)
    return true
  }

  /// The clock was set.
  mutating func move(by step: Duration) {
    state.move(by: step)
    askedUntil = askedUntil.map { $0 + step }
    probedPause = probedPause.map { $0 + step }
    pace?.move(by: step)
    releaseAt = releaseAt.map { $0 + step }
    releasedAt = releasedAt.map { $0 + step }
  }

  /// Somebody wants to know now whether it works, whatever pause it asked for. The wish is over after a while: there may be nothing
  /// to ask with.
  mutating func probeNow(at now: Timestamp) {
    if let probe = state.nextProbeAt { state.nextProbeAt = min(probe, now) }
    if let hold = state.holdUntil, hold > now { askedUntil = now + Self.probePause }
  }
}

// The rules file is another one.
extension AdmissionPolicy {
  /// The same destination, with other limits. What the old pace has let through counts in the new one.
  mutating func limit(concurrency: Int, rateLimit: RateLimit?, at now: Timestamp) {
    self.concurrency = concurrency
    guard rateLimit != self.rateLimit else { return }
    self.rateLimit = rateLimit
    let left = pace?.available(at: now) ?? .max
    pace = rateLimit.map(TokenBucket.init)
    for _ in 0..<max(0, (rateLimit?.count ?? 0) - left) { pace?.take(at: now) }
  }

  /// Another destination under the same name: what its attempts said before says nothing about it, but those that are under way
  /// take their places, and what was sent counts.
  mutating func succeed(_ former: AdmissionPolicy, at now: Timestamp) {
    let limits = (concurrency, rateLimit)
    inUse = former.inUse
    (rateLimit, pace) = (former.rateLimit, former.pace)
    limit(concurrency: limits.0, rateLimit: limits.1, at: now)
  }

  /// An attempt has ended that began before ``succeed(_:at:)``.
  mutating func endFormer() { inUse -= 1 }
}
