package import Runs
internal import WireTime

/// Decides when to sweep next: dense where an end is likely, sparse where it isn't, with one sweep per interval on average.
///
/// A sweep has a cost in waiting: the next is due once the expected waiting (``ExpectedWaiting``, in run-seconds) reaches it. For
/// a steady rate of ends, this makes the density of sweeps proportional to the root of the rate, which minimises the mean
/// wait. The cost follows the recent waiting per interval, so that the average is one interval, and falls when much is saved;
/// ``SweepBudget`` keeps the average exact, because it is neither overdrawn nor left to overflow.
///
/// Waits exceed the interval only if that shows no end late that a fixed pace would have shown in time (``LateEnds``), and never
/// in the first minutes after the start, nor for a flow without any known end.
package struct SweepSchedule: Sendable {
  /// Waits are at most this many intervals, and at least one interval divided by it.
  private static let range = 4
  /// The longest wait while no run is active, in intervals. With longer ones, runs that fail at once would be seen later than with
  /// a fixed pace.
  private static let idleRange = 1.25
  /// For this long after the start, waits don't exceed the interval while a run is active.
  private static let firstLooks: Duration = .seconds(600)
  /// The same applies while some run is younger than this, or than four intervals: misconfigured runs fail early.
  private static let youth: Duration = .seconds(300)
  /// The assumed error factor of the model of run durations.
  private static let caution = 2.0
  /// The period over which the cost is averaged: days differ less than hours.
  private static let memory: Duration = .seconds(172_800)
  /// Retries sooner than the interval during an outage; of those spent, one returns per interval.
  private static let earlyRetries = 8

  private let interval: Duration
  private let isAdaptive: Bool
  private let startWeight: Double
  private var budget: SweepBudget
  private var retries: SweepBudget
  private var late = LateEnds()
  private var start: Timestamp?
  private var price = PollCost(memory: Self.memory)

  /// - Parameters:
  ///   - interval: at least 1 ms; the average between sweeps.
  ///   - isAdaptive: false for a fixed interval.
  ///   - startWeight: 0 ... 1, the weight of an unseen start, against an end.
  ///   - savings: the time whose sweeps can be saved for later, half a day. Runs take hours: a few sweeps gain nothing.
  package init(
    interval: Duration, isAdaptive: Bool, startWeight: Double = 1, savings: Duration = .seconds(43_200)
  ) {
    let interval = max(interval, .milliseconds(1))
    self.interval = interval
    self.isAdaptive = isAdaptive
    self.startWeight = startWeight
    let saved = Int(savings.milliseconds / interval.milliseconds)
    let capacity = isAdaptive ? max(saved, Self.earlyRetries) : Self.earlyRetries
    budget = SweepBudget(interval: interval, capacity: capacity, credits: Self.earlyRetries)
    retries = SweepBudget(interval: interval, capacity: Self.earlyRetries, credits: Self.earlyRetries)
  }

  /// The wait after a successful sweep, from its beginning to the beginning of the next: from a quarter of the interval (or 250 ms
  /// if that is longer and the interval allows it) to four intervals, or one and a quarter without active runs. If not adaptive, it
  /// is the interval, or up to two while early retries are paid back.
  ///
  /// - Parameters:
  ///   - now: when the sweep began.
  ///   - active: the runs that had not ended.
  ///   - latencies: how long ago the ends were that it was the first to show, by the source's clock.
  package mutating func delay(
    now: Timestamp, active: [(flow: String?, startedAt: Timestamp)], history: DurationHistory,
    latencies: [Duration] = []
  ) -> Duration {
    budget.spend(now: now)
    for latency in latencies { late.note(latency, interval: interval) }
    if start == nil { start = now }
    guard isAdaptive else { return min(max(budget.untilFull, interval), interval * 2) }
    let seconds = Double(interval.milliseconds) / 1000
    let waiting = ExpectedWaiting(
      interval: seconds, now: now, active: active, history: history, startWeight: startWeight)
    price.observe(waiting.inOneInterval, now: now)
    let wanted = waiting.seconds(until: price.value(saved: budget.credits / Double(budget.capacity)))
    let shortest = max(min(interval, max(interval / Self.range, .milliseconds(250))), budget.untilAffordable)
    let longest = longest(now, active, history, waiting)
    return min(max(shortest, min(.milliseconds(Int64(saturating: wanted * 1000)), budget.untilFull)), longest)
  }

  /// One interval, or the longest wait that brings no more late ends than allowed.
  private func longest(
    _ now: Timestamp, _ active: [(flow: String?, startedAt: Timestamp)], _ history: DurationHistory,
    _ waiting: ExpectedWaiting
  ) -> Duration {
    let isEarly = start.map { now - $0 < Self.firstLooks } ?? true
    let youth = max(Self.youth, interval * Self.range)
    if !active.isEmpty, isEarly || !active.allSatisfy({ history.knows($0.flow) && now - $0.startedAt >= youth }) {
      return interval
    }
    // An active run will end, so one late end must be allowed entirely. A future one hardly ends at once.
    let allowed = late.allowed - (active.isEmpty ? 0 : 1)
    let most = active.isEmpty ? Self.idleRange : Double(Self.range)
    let interval = Double(interval.milliseconds)
    let stretch = waiting.seconds(untilEnds: allowed / Self.caution).map { $0 * 1000 / interval } ?? most
    return .milliseconds(Int64(saturating: interval * min(1 + stretch, most)))
  }

  /// The wait after a failed sweep, from its failure: a random part of 1 s doubling to 60 s, then at least the interval. Early retries
  /// are paid out of the savings; without savings the pace is the interval's.
  ///
  /// - Parameters:
  ///   - number: of failures in a row, from 1.
  ///   - randomness: 0 ..< 1.
  package mutating func delay(afterFailure number: Int, randomness: Double, now: Timestamp) -> Duration {
    budget.spend(now: now)
    retries.accrue(now: now)
    let ceiling = 1 << min(max(number - 1, 0), 6)
    let jittered = Duration.milliseconds(Int64(Double(min(ceiling, 60) * 1000) * randomness))
    let early = max(jittered, min(interval, .seconds(1)), budget.untilAffordable)
    guard number <= 7, retries.credits >= 1 else { return max(early, interval) }
    if early < interval { retries.spend(now: now) }
    return early
  }
}
