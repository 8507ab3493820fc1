import Glibc
internal import Locking
internal import Runs
internal import Storage

/// How long this process waits for a server that is away: for as long as it takes, until the process is to end. It knows all calls
/// of a store that are under way, and so since when the server is.
final class Patience: Sendable {
  /// From then on, for a call or a server that is away.
  static let lastWait: Duration = .seconds(2)
  /// It is said then that we wait, and again after each ``pause``.
  static let silence: Duration = .seconds(3)
  private static let pause: Duration = .seconds(30)
  /// A server that has given no answer for so long is away. Locks are waited for up to 20 s (``Fence``).
  static let answerTime: Duration = .seconds(30)

  /// A call, from its first try to its last.
  struct Call: Sendable {
    fileprivate let number: Int
    /// By the uptime.
    let start: Duration
    fileprivate let moment: Timestamp
    /// Why the last try has failed; nil: none has yet.
    fileprivate var why: String?
    /// The server was away.
    fileprivate var isAway = false
  }

  private struct State {
    /// By the uptime; nil: nobody wants to end.
    var endingSince: Duration?
    var toldAt: Duration?
    var calls: [Int: Call] = [:]
    var next = 0

    /// The longest of those that can't reach the server at this time by the uptime.
    func lost(at now: Duration) -> Call? {
      calls.values.filter { now - $0.start >= ($0.isAway ? Patience.silence : Patience.answerTime) }
        .min { $0.start < $1.start }
    }
  }

  private let state = Locked(State())
  private let time: TimeSource
  private let onWait: @Sendable (StateWait) -> Void

  init(time: TimeSource = .system, onWait: @escaping @Sendable (StateWait) -> Void) {
    (self.time, self.onWait) = (time, onWait)
  }

  /// Nil: no call waits for the server, or none for longer than some seconds.
  var outage: StateOutage? {
    let now = time.uptime()
    return state.withLock { state in
      state.lost(at: now).map { StateOutage(since: $0.moment, why: $0.why ?? "its server gives no answer") }
    }
  }

  func shorten() {
    state.withLock { $0.endingSince = $0.endingSince ?? time.uptime() }
  }

  /// When a call that began at `start` is given up, by the uptime.
  func deadline(of start: Duration, limit: Duration) -> Duration {
    guard let ending = state.withLock({ $0.endingSince }) else { return start + limit }
    return min(start + limit, max(start, ending) + Self.lastWait)
  }

  func begin() -> Call {
    let (start, moment) = (time.uptime(), time.now())
    return state.withLock { state in
      state.next += 1
      let call = Call(number: state.next, start: start, moment: moment)
      state.calls[call.number] = call
      return call
    }
  }

  /// A try has failed, and is made again.
  func note(_ fault: PostgresFault, _ call: Call) {
    state.withLock { state in
      state.calls[call.number]?.why = fault.why
      state.calls[call.number]?.isAway = fault.remedy == .wait
    }
  }

  /// - Parameter isAnswered: the server has said what becomes of it. Where it was away that is over, for the others too: if they
  ///   can't go on for another reason, they have waited for that only from now on.
  func end(_ call: Call, isAnswered: Bool) {
    let (now, moment) = (time.uptime(), time.now())
    let length: Duration? = state.withLock { state in
      let first = state.lost(at: now)
      guard let call = state.calls.removeValue(forKey: call.number), isAnswered, call.why != nil else { return nil }
      if call.isAway {
        for number in state.calls.keys { state.calls[number] = Call(number: number, start: now, moment: moment) }
      }
      let length = now - min(call.start, first?.start ?? call.start)
      guard state.toldAt != nil, length >= Self.silence else { return nil }
      state.toldAt = nil
      return length
    }
    if let length { onWait(.over(after: length)) }
  }

  /// Waits a moment after a try that has failed (``note(_:_:)``), or until another call has reached the server, and says after some
  /// seconds that it does. False: it has been too long.
  ///
  /// - Parameter limit: in all; nil: for as long as it takes.
  func wait(_ pause: Duration, _ call: Call, limit: Duration?) -> Bool {
    let end = time.uptime() + pause
    while true {
      let now = time.uptime()
      if let limit, now - call.start >= limit { return false }
      if let ending = state.withLock({ $0.endingSince }), now - max(call.start, ending) >= Self.lastWait {
        return false
      }
      if state.withLock({ $0.calls[call.number]?.why == nil }) { return true }
      tell(call, at: now)
      if now >= end { return true }
      poll(nil, 0, Int32(clamping: max(1, min(end - now, .milliseconds(100)).milliseconds)))
    }
  }

  private func tell(_ call: Call, at now: Duration) {
    let why: String? = state.withLock { state in
      guard let known = state.calls[call.number], now - known.start >= Self.silence else { return nil }
      if let toldAt = state.toldAt, now - toldAt < Self.pause { return nil }
      state.toldAt = now
      return known.why ?? "its server gives no answer"
    }
    if let why { onWait(.outOfReach(why: why)) }
  }
}

/// Between two tries: 0.1 s, doubling to 5 s, each a fifth shorter or longer by chance, so that many processes don't come at once.
struct Backoff {
  private var pause: Duration = .milliseconds(100)

  mutating func next() -> Duration {
    defer { pause = min(pause * 2, .seconds(5)) }
    return pause * Double.random(in: 0.8...1.2)
  }
}
