package import Rules
internal import Storage

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

extension Outcome {
  /// - Parameter retryAfter: how long the answer asks us to wait.
  init(_ meaning: AnswerTable.Meaning, retryAfter: Duration?) {
    self =
      switch meaning {
      case .delivered: .delivered
      case .repeated(let reason): .retry(reason, after: nil)
      case .repeatedLater(let reason): .retry(reason, after: retryAfter)
      case .held(let reason, let duration): .retry(reason, after: max(duration, retryAfter ?? .zero))
      case .final(let reason): .rejected(reason)
      case .stops: .rejected(.gone)
      case .vanished: .rejected(.clientError)
      }
  }
}

/// An attempt with what is kept of it.
struct AttemptResult: Sendable {
  var outcome: Outcome
  /// The destination, not only this delivery, is to be left alone so long.
  var hold: Duration?
  /// The host that an HTTP request went to, where there are traces.
  var server: String?
  /// HTTP status, or a hook's exit status.
  var code: Int?
  /// For people, a clause; not redacted yet.
  var detail = ""
  /// What the other side said; not redacted yet.
  var output = ""
  /// What later steps may want to know: data, which nobody redacts.
  var step = StepResult()
  /// How the service names what was posted; nil: it didn't, or nobody asks for it.
  var name: [UInt8]?
  /// What the request named isn't there.
  var hasVanished = false
  /// What is remembered of messages from now on.
  var posted: [PostedMessage] = []
}

extension Outcome {
  /// For the attempt's row.
  var word: String {
    switch self {
    case .delivered: "delivered"
    case .interrupted: "interrupted"
    case .retry(let reason, _), .rejected(let reason): reason.rawValue
    }
  }
}
