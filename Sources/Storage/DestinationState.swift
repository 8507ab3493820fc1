package import Runs

/// What holds a whole destination back. It is written together with the settlement that caused it, so that a restart
/// forgets neither a wait of an hour nor a stop.
package struct DestinationState: Sendable, Equatable {
  package let name: String
  /// Of the settings under which it came about: other settings, another destination.
  package let fingerprint: String
  /// It asked to be left alone for good.
  package var stoppedAt: Timestamp?
  /// With ``stoppedAt``; redacted.
  package var stoppedReason: String?
  /// It asked for a pause until then.
  package var holdUntil: Timestamp?
  /// In a row; while it is probed only probes count.
  package var failures: Int
  /// When it fails it is tried again then at the latest, with what waits for it; when ``isProbed``, not before that.
  package var nextProbeAt: Timestamp?

  /// After so many failures in a row the circuit breaker is open.
  package static let failuresBeforeProbing = 5

  /// The circuit breaker is open: it gets probes alone, one at a time.
  package var isProbed: Bool { failures >= Self.failuresBeforeProbing }

  package init(
    name: String, fingerprint: String, stoppedAt: Timestamp? = nil, stoppedReason: String? = nil,
    holdUntil: Timestamp? = nil, failures: Int = 0, nextProbeAt: Timestamp? = nil
  ) {
    self.name = name
    self.fingerprint = fingerprint
    self.stoppedAt = stoppedAt
    self.stoppedReason = stoppedReason
    self.holdUntil = holdUntil
    self.failures = failures
    self.nextProbeAt = nextProbeAt
  }

  /// The clock was set.
  package mutating func move(by step: Duration) {
    holdUntil = holdUntil.map { $0 + step }
    nextProbeAt = nextProbeAt.map { $0 + step }
  }
}
