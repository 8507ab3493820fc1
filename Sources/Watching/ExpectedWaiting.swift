internal import Runs

/// The waiting that accumulates after a sweep, in run-seconds, until the next one: every ended run and every start that no sweep
/// has seen counts the time since.
struct ExpectedWaiting {
  private struct Point {
    /// Since the sweep.
    let seconds: Double
    /// The expected number of unseen events by then.
    var events = 0.0
    /// The ends among them, each counted as one.
    var ends = 0.0
    /// Run-seconds: the area under `events`.
    var waited = 0.0
  }

  /// The points of computation, in intervals; `events` is linear in between. Ends at the longest wait.
  private static let grid: [Double] = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4]

  private var points: [Point]

  /// - Parameters:
  ///   - seconds: of one interval.
  ///   - now: when the sweep saw all of `active` alive.
  ///   - startWeight: the weight of waiting for a start, against 1 for an end.
  init(
    interval seconds: Double, now: Timestamp, active: [(flow: String?, startedAt: Timestamp)],
    history: DurationHistory, startWeight: Double
  ) {
    points = Self.grid.map { Point(seconds: $0 * seconds) }
    for run in active { add(run, now, history) }
    addUnseen(perSecond: history.endsPerSecond(now: now), history.overall, startWeight)
    accumulate()
  }

  private mutating func add(
    _ run: (flow: String?, startedAt: Timestamp), _ now: Timestamp, _ history: DurationHistory
  ) {
    let distribution = history.distribution(of: run.flow)
    let elapsed = max(0, Float((now - run.startedAt).milliseconds) / 1000)
    let alive = distribution.survival(seconds: elapsed)
    for index in 1..<points.count {
      let later = distribution.survival(seconds: elapsed + Float(points[index].seconds))
      let ended = Double(max(0, 1 - later / alive))
      points[index].events += ended
      points[index].ends += ended
    }
  }

  /// Runs that start after the sweep, and may end before the next.
  private mutating func addUnseen(perSecond: Double, _ distribution: DurationDistribution, _ startWeight: Double) {
    var (events, ends) = (0.0, 0.0)
    for index in 1..<points.count {
      let (from, to) = (points[index - 1].seconds, points[index].seconds)
      let ended = 1 - Double(distribution.survival(seconds: Float((from + to) / 2)))
      let started = perSecond * (to - from)
      events += (ended + startWeight) * started
      ends += ended * started
      points[index].events += events
      points[index].ends += ends
    }
  }

  private mutating func accumulate() {
    for index in 1..<points.count {
      let (before, point) = (points[index - 1], points[index])
      points[index].waited = before.waited + (point.seconds - before.seconds) * (before.events + point.events) / 2
    }
  }

  /// The run-seconds that accumulate within one interval.
  var inOneInterval: Double {
    zip(Self.grid, points).first { $0.0 == 1 }?.1.waited ?? 0
  }

  /// Seconds until this many ends are expected; nil if that takes more than four intervals.
  func seconds(untilEnds count: Double) -> Double? {
    guard count > 0 else { return 0 }
    guard let index = points.firstIndex(where: { $0.ends >= count }), index > 0 else { return nil }
    let (before, after) = (points[index - 1], points[index])
    let share = (count - before.ends) / max(after.ends - before.ends, .leastNormalMagnitude)
    return before.seconds + (after.seconds - before.seconds) * min(share, 1)
  }

  /// Seconds until this many run-seconds have accumulated; at most four intervals.
  func seconds(until waited: Double) -> Double {
    let last = points[points.count - 1].seconds
    guard waited > 0, let index = points.firstIndex(where: { $0.waited >= waited }), index > 0 else { return last }
    let (before, after) = (points[index - 1], points[index])
    let width = after.seconds - before.seconds
    let slope = (after.events - before.events) / width
    let left = waited - before.waited
    // The x for which left = events·x + slope·x²/2, in a form that works for a slope of 0.
    let root = (before.events * before.events + 2 * slope * left).squareRoot()
    return before.seconds + min(width, 2 * left / max(before.events + root, .leastNormalMagnitude))
  }
}
