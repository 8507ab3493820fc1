package import Runs

/// A closed set of words that tell the series of one metric apart.
package protocol MetricLabel: CaseIterable, RawRepresentable, Sendable where RawValue == String {
  /// How Prometheus is to call it.
  static var label: String { get }
}

/// The label of metrics that have one series only.
package enum Single: String, MetricLabel {
  package static let label = ""
  case only = ""
}

/// How a sweep ended. Nothing is concluded from one that did not succeed.
package enum SweepResult: String, MetricLabel {
  package static let label = "result"
  /// Read to its end and committed.
  case succeeded
  case unreachable, failing, tooSlow, rateLimited, refused, rejected, unreadable, notVi
}

extension Phase: MetricLabel {
  package static let label = "phase"
}

/// What an event tells of.
package enum EventWord: String, MetricLabel {
  package static let label = "kind"
  case transition, stay, disappearance, sourceUnreachable, sourceRecovered, destinationStopped
}

/// How an attempt ended: the words of its row, so that a number leads to the rows it counts.
package enum AttemptResultWord: String, MetricLabel {
  package static let label = "result"
  case delivered, interrupted
  case rateLimited, serverError, clientError, unauthorized, gone, redirected, timedOut, unreachable, tlsFailed
  case forbiddenAddress, badAnswer
  case hookFailed, hookSignalled, hookNotStarted, hookAskedLater
  case notReady, downloadFailed, badModel, diskFailed, notConfigured, wrongForm
}

/// How a delivery ended.
package enum SettledAs: String, MetricLabel {
  package static let label = "status"
  case delivered, dead
}

/// Where the circuit breaker of a destination went.
package enum CircuitChange: String, MetricLabel {
  package static let label = "to"
  case open, closed, stopped
}

/// What became of a rules file that was to be read anew.
package enum ReloadResult: String, MetricLabel {
  package static let label = "result"
  /// It is in use.
  case applied
  /// Nothing in it had changed, and nobody had asked.
  case unchanged
  /// It can't be read, or has mistakes.
  case unreadable, invalid
  /// It changes what can't change while the process runs.
  case needsRestart
}
