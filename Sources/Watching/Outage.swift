internal import Runs

/// Whether the source has been out of sight for so long that somebody must be told. Pure.
struct Outage: Sendable {
  /// Without a whole sweep until it is told.
  let patience: Duration
  /// When all was last seen; at first, when the watching began.
  private(set) var lastWhole: Timestamp
  /// Why the last sweep failed; nil when none has since ``lastWhole``.
  private(set) var failure: SourceError?

  init(patience: Duration, start: Timestamp) {
    self.patience = patience
    lastWhole = start
  }

  mutating func swept(at now: Timestamp) {
    lastWhole = now
    failure = nil
  }

  mutating func failed(_ error: SourceError, at now: Timestamp) {
    failure = error
    // Where our clock was set back, the patience begins anew, and does not wait until it has caught up.
    lastWhole = min(lastWhole, now)
  }

  /// Whether it is to be told now. A machine that was asleep has not lost sight of anything: some sweep must have failed.
  func isTold(at now: Timestamp) -> Bool {
    failure != nil && now - lastWhole >= patience
  }

  /// How long until it may have to be told.
  func timeLeft(at now: Timestamp) -> Duration {
    let left = patience - (now - lastWhole)
    return left > .zero ? min(left, patience) : patience
  }
}
