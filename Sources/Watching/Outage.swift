internal import Runs
internal import ViAPI

/// Whether the source has been out of sight for so long that somebody must be told. Pure.
struct Outage: Sendable {
  /// Without a whole sweep until it is told.
  let patience: Duration
  /// When all was last seen; at first, when the watching began.
  private(set) var lastWhole: Timestamp
  /// Why the last sweep failed; nil when none has since ``lastWhole``.
  private(set) var failure: SourceError?
  /// When the sweep that is under way began; nil when none is.
  private var began: Timestamp?
  /// A sweep that takes longer, while the patience is over, hides what it should show.
  private static let longSweep: Duration = .seconds(30)

  init(patience: Duration, start: Timestamp) {
    self.patience = patience
    lastWhole = start
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
    // Where our clock was set back, the patience begins anew, and does not wait until it has caught up.
    lastWhole = min(lastWhole, now)
  }

  /// Why it is to be told now, a clause; nil: it isn't. A machine that was asleep has not lost sight of anything: some sweep
  /// must have failed, or go on for long.
  func complaint(at now: Timestamp) -> String? {
    guard now - lastWhole >= patience else { return nil }
    if let failure { return "\(failure)" }
    guard let began, now - began >= Self.longSweep else { return nil }
    return "the look at the runs that began \((now - began).words) ago has not come to its end"
  }

  /// How long until it may have to be told.
  func timeLeft(at now: Timestamp) -> Duration {
    let left = patience - (now - lastWhole)
    if left > .zero { return min(left, patience) }
    // A sweep is under way, of which nothing can be said yet.
    let young = began.map { Self.longSweep - (now - $0) } ?? .zero
    return young > .zero ? min(young, patience) : patience
  }
}
