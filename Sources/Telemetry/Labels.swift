package import Runs

/// A closed set of words that tell the series of one metric apart.
package protocol MetricLabel: CaseIterable, Sendable {
  /// How Prometheus is to call it.
  static var label: String { get }

  /// The value of the label.
  var word: String { get }

  /// Which of ``CaseIterable/allCases`` it is, from 0. Counting finds the series by it and compares no text.
  var place: Int { get }
}

/// The words are the names of the cases.
extension MetricLabel where Self: RawRepresentable, RawValue == Int {
  package var word: String { String(describing: self) }
  package var place: Int { rawValue }
}

/// The label of metrics that have one series only.
package enum Single: Int, MetricLabel {
  package static let label = ""
  case only
  package var word: String { "" }
}

/// How a sweep ended. Nothing is concluded from one that did not succeed.
package enum SweepResult: Int, MetricLabel {
  package static let label = "result"
  /// Read to its end and committed.
  case succeeded
  case unreachable, failing, tooSlow, rateLimited, refused, rejected, unreadable, notVi
}

extension Phase: MetricLabel {
  package static let label = "phase"
  package var word: String { rawValue }
  package var place: Int {
    switch self {
    case .pending: 0
    case .running: 1
    case .succeeded: 2
    case .failed: 3
    case .error: 4
    case .cancelled: 5
    }
  }
}

/// What an event tells of.
package enum EventWord: Int, MetricLabel {
  package static let label = "kind"
  case transition, stay, disappearance, sourceUnreachable, sourceRecovered, destinationStopped
}

/// How an attempt ended: the words of its row, so that a number leads to the rows it counts.
package enum AttemptResultWord: Int, MetricLabel {
  package static let label = "result"
  case delivered, interrupted
  case rateLimited, serverError, clientError, unauthorized, gone, redirected, timedOut, unreachable, tlsFailed
  case forbiddenAddress, badAnswer
  case hookFailed, hookSignalled, hookNotStarted, hookAskedLater
  case notReady, downloadFailed, badModel, diskFailed, notConfigured, wrongForm
}

/// How a hook ended that was started and that we didn't stop ourselves.
package enum HookExit: Int, MetricLabel {
  package static let label = "result"
  /// It exited with 0.
  case success
  /// It exited with another status. 75, "try again later", is among them.
  case failure
  case signal
  /// Its time was up, and it was stopped.
  case timeout
}

/// How a delivery ended.
package enum SettledAs: Int, MetricLabel {
  package static let label = "status"
  case delivered, dead
}

/// What became of a span of a trace.
package enum SpanFate: Int, MetricLabel {
  package static let label = "result"
  case exported
  /// The queue was full.
  case dropped
  /// The collector refused it, or could not be reached in time.
  case failed
}

/// Where the circuit breaker of a destination went.
package enum CircuitChange: Int, MetricLabel {
  package static let label = "to"
  case open, closed, stopped
}

/// What became of a rules file that was to be read anew.
package enum ReloadResult: Int, MetricLabel {
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
