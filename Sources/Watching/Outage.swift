internal import Runs
internal import ViAPI

/// Decides whether the source has been unreachable for long enough to report it. Pure.
struct Outage: Sendable {
  /// The time without a complete sweep until the report.
  let patience: Duration
  /// The last complete sweep; at first, the start of watching.
  private(set) var lastWhole: Timestamp
  /// Why the last sweep failed; nil if none has failed since ``lastWhole``.
  private(set) var failure: SourceError?
  /// The start of the current sweep; nil between sweeps.
  private var began: Timestamp?
  /// A sweep that takes longer than this, after the patience has expired, counts as failing.
  private static let longSweep: Duration = .seconds(30)

  init(patience: Duration, start: Timestamp) {
    self.patience = patience
    lastWhole = start
  }

  /// The same source, watched on with another patience.
  func with(patience: Duration) -> Outage {
    var outage = Outage(patience: patience, start: lastWhole)
    outage.failure = failure
    return outage
  }

  mutating func begins(at now: Timestamp) {
    began = now
  }

  mutating func swept(at now: Timestamp) {
    lastWhole = now
    (failure, began) = (nil, nil)
  }

  mutating func failed(_ error: SourceError, at now: Timestamp) {
    (failure, began) = (error, nil)
    // If our clock was set back, start over instead of waiting until it has caught up.
    lastWhole = min(lastWhole, now)
  }

  /// Why to report it now, as a clause; nil: don't. A machine that was asleep hasn't lost the source: a sweep must have failed, or
  /// take very long.
  func complaint(at now: Timestamp) -> String? {
    guard now - lastWhole >= patience else { return nil }
    if let failure { return "\(failure)" }
    guard let began, now - began >= Self.longSweep else { return nil }
    return "the sweep that began \((now - began).words) ago has not ended"
  }

  /// The time until a report may be due.
  func timeLeft(at now: Timestamp) -> Duration {
    let left = patience - (now - lastWhole)
    if left > .zero { return min(left, patience) }
    // A sweep is in progress, and it is too early to judge it.
    let young = began.map { Self.longSweep - (now - $0) } ?? .zero
    return young > .zero ? min(young, patience) : patience
  }
}
