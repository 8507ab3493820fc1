/// How a sweep ended.
package enum SweepResult: String, MetricLabel {
  /// Read to its end and committed.
  case whole
  /// Given up; nothing was concluded from it.
  case failed
}

/// How an attempt ended: the words of its row, so that a number leads to the rows it counts.
package enum AttemptResultWord: String, MetricLabel {
  case delivered, interrupted
  case rateLimited, serverError, clientError, unauthorized, gone, redirected, timedOut, unreachable, tlsFailed
  case forbiddenAddress, badAnswer
  case hookFailed, hookSignalled, hookNotStarted, hookAskedLater
  case notReady, downloadFailed, badModel, diskFailed, notConfigured
}

/// How a delivery ended.
package enum SettledAs: String, MetricLabel {
  case delivered, dead
}

/// Where the circuit breaker of a destination went.
package enum CircuitChange: String, MetricLabel {
  case open, closed, stopped
}
