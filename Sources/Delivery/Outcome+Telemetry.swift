internal import Rules
internal import Telemetry

extension AttemptResultWord {
  init(_ outcome: Outcome) {
    self =
      switch outcome {
      case .delivered: .delivered
      case .interrupted: .interrupted
      case .retry(let reason, _), .rejected(let reason): AttemptResultWord(reason)
      }
  }

  /// The same words, matched by the compiler: comparing texts for each attempt cost more than counting it.
  private init(_ reason: FailureReason) {
    self =
      switch reason {
      case .rateLimited: .rateLimited
      case .serverError: .serverError
      case .clientError: .clientError
      case .unauthorized: .unauthorized
      case .gone: .gone
      case .redirected: .redirected
      case .timedOut: .timedOut
      case .unreachable: .unreachable
      case .tlsFailed: .tlsFailed
      case .forbiddenAddress: .forbiddenAddress
      case .badAnswer: .badAnswer
      case .hookFailed: .hookFailed
      case .hookSignalled: .hookSignalled
      case .hookNotStarted: .hookNotStarted
      case .hookAskedLater: .hookAskedLater
      case .notReady: .notReady
      case .downloadFailed: .downloadFailed
      case .badModel: .badModel
      case .diskFailed: .diskFailed
      case .notConfigured: .notConfigured
      case .wrongForm: .wrongForm
      }
  }
}

extension HookExit {
  /// Nil when it didn't end by itself or by its time: it wasn't started, or we are to end.
  init?(_ outcome: Outcome) {
    switch outcome {
    case .delivered: self = .success
    case .retry(.hookFailed, _), .rejected(.hookFailed), .retry(.hookAskedLater, _): self = .failure
    case .retry(.hookSignalled, _), .rejected(.hookSignalled): self = .signal
    case .retry(.timedOut, _), .rejected(.timedOut): self = .timeout
    case .retry, .rejected, .interrupted: return nil
    }
  }
}
