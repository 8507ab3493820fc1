internal import Rules

/// How one attempt ended.
package enum Outcome: Sendable, Equatable {
  case delivered
  /// It may succeed later. `after`: not before that.
  case retry(FailureReason, after: Duration?)
  /// No repetition can help.
  case rejected(FailureReason)
  /// We stopped it ourselves; it does not count.
  case interrupted
}

/// Why an attempt failed: a closed set of words, for rows and metric labels.
package enum FailureReason: String, Sendable, CaseIterable {
  case rateLimited
  case serverError
  case clientError
  case unauthorized
  case gone
  case redirected
  case timedOut
  case unreachable
  case tlsFailed
  /// The name leads to an address that the destination must not be at.
  case forbiddenAddress
  case badAnswer
  case hookFailed
  case hookSignalled
  case hookNotStarted
  case hookAskedLater
  /// The model's export isn't there yet.
  case notReady
  /// The model could not be downloaded, for now.
  case downloadFailed
  /// What was downloaded is no model, or none that may be unpacked.
  case badModel
  /// No room, or no right to write.
  case diskFailed
  /// The destination, or a secret of it, is not in the configuration any more.
  case notConfigured
  /// The message was made for another type of destination; nothing was sent.
  case wrongForm
}

/// An attempt with what is kept of it.
struct AttemptResult: Sendable {
  var outcome: Outcome
  /// The destination, not only this delivery, is to be left alone so long.
  var hold: Duration?
  /// HTTP status, or a hook's exit status.
  var code: Int?
  /// For people, a clause; not redacted yet.
  var detail = ""
  /// What the other side said; not redacted yet.
  var output = ""
  /// What later steps may want to know: data, which nobody redacts.
  var step = StepResult()
}
