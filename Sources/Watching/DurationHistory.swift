package import Runs

/// How long runs took, by flow; this predicts when the next end is likely.
///
/// Of bounded size, about 1 kB per flow. Beyond ``capacity`` flows, the one whose last end is oldest is dropped.
package struct DurationHistory: Sendable {
  private struct Flow {
    var distribution = DurationDistribution(capacity: 64)
    /// Of the last runs that succeeded, in seconds, the oldest first: those that failed early say nothing of the others.
    var successes: [Float] = []
    /// The number of its last end, counting all ends from 1.
    var lastEnd: Int

    mutating func note(success seconds: Float, keeping count: Int) {
      if successes.count == count { successes.removeFirst() }
      successes.append(seconds)
    }
  }

  package let capacity: Int
  private var flows: [String: Flow] = [:]
  private var ends = 0
  private var rate = EventRate()
  /// Over all flows: the prior for a flow without ends.
  private(set) var overall = DurationDistribution(capacity: 255)

  /// - Parameter capacity: flows, at least 1.
  package init(capacity: Int = 1000) {
    self.capacity = max(1, capacity)
  }

  package var flowCount: Int { flows.count }

  /// So many successes make what is usual.
  private static let remembered = 10

  /// Records a run that has ended, in any way. One that ended before it started took no time.
  package mutating func record(flow: String?, startedAt: Timestamp, endedAt: Timestamp, hasSucceeded: Bool = false) {
    let seconds = Float((endedAt - startedAt).milliseconds) / 1000
    ends += 1
    overall.add(seconds: seconds, prior: nil)
    rate.count(at: endedAt)
    guard let flow else { return }
    if flows[flow] == nil { makeRoom() }
    flows[flow, default: Flow(lastEnd: ends)].distribution.add(seconds: seconds, prior: overall)
    flows[flow]?.lastEnd = ends
    if hasSucceeded { flows[flow]?.note(success: max(0, seconds), keeping: Self.remembered) }
  }

  /// The median of the flow's last ten runs that succeeded; nil while there are fewer than three.
  package func usual(flow: String?) -> Duration? {
    guard let successes = flow.flatMap({ flows[$0] })?.successes.sorted(), successes.count >= 3 else { return nil }
    return .seconds(Double(successes[successes.count / 2]))
  }

  /// Ends per second among the flow's runs that have lasted this long: above 0, finite.
  package func hazard(flow: String?, elapsed: Duration) -> Double {
    distribution(of: flow).hazard(seconds: Float(elapsed.milliseconds) / 1000)
  }

  /// Recent ends per second; about as many runs start.
  package func endsPerSecond(now: Timestamp) -> Double {
    rate.perSecond(now: now)
  }

  /// A run of this flow was seen to end; without a flow, any run.
  func knows(_ flow: String?) -> Bool {
    flow.map { flows[$0] != nil } ?? (ends > 0)
  }

  func distribution(of flow: String?) -> DurationDistribution {
    guard let flow, let known = flows[flow] else { return overall }
    return known.distribution
  }

  private mutating func makeRoom() {
    guard flows.count >= capacity, let oldest = flows.min(by: { $0.value.lastEnd < $1.value.lastEnd }) else { return }
    flows[oldest.key] = nil
  }
}
