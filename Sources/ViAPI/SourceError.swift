package import Runs
package import Transport

/// Why the API gave no usable answer. `description` is a clause; ``advice`` says what to do.
package enum SourceError: Error, Sendable, CustomStringConvertible {
  /// No answer at all, or a 2xx answer that was cut short.
  case unreachable(TransportError)
  /// 401 or 403.
  case refused(status: Int, message: String)
  /// 404 for a run.
  case noSuchRun(id: String)
  /// The document of a run that was requested by its id is unreadable, although its id is clear.
  case unreadable(MalformedRun)
  /// 429, and the wait that `Retry-After` asked for, at most 15 min; `isCut`: it asked for more.
  case rateLimited(retryAfter: Duration?, isCut: Bool = false)
  /// 408 or 5xx.
  case failing(status: Int, message: String, retryAfter: Duration?, isCut: Bool = false)
  /// Any other status outside 2xx.
  case rejected(status: Int, message: String)
  /// Not all pages arrived within the time of a sweep.
  case tooSlow
  /// A 2xx answer that isn't from a Vi API.
  case notVi(String)

  package var description: String {
    switch self {
    case .unreachable(let error) where error.isOfTheAnswer: "the response of the Vi API could not be read: \(error)"
    case .unreachable(let error): "the Vi API can't be reached: \(error)"
    case .refused(let status, let message): "the Vi API refused the credentials (\(status)\(clause(message)))"
    case .noSuchRun(let id): "there is no run \(id)"
    case .unreadable(let error): "run \(error.id ?? "") can't be read: \(error)"
    case .rateLimited(let wait, let isCut): "the Vi API asks for fewer requests (429)\(cut(wait, isCut))"
    case .failing(let status, let message, let wait, let isCut):
      "the Vi API is failing (\(status)\(clause(message)))\(cut(wait, isCut))"
    case .rejected(let status, let message): "the Vi API rejected the request (\(status)\(clause(message)))"
    case .tooSlow: "the Vi API is too slow: the list of runs could not be read completely within 10 minutes"
    case .notVi(let why): "the response isn't from a Vi API: \(why)"
    }
  }

  /// What the user can do.
  package var advice: String {
    switch self {
    case .unreachable: "check DATATURE_VI_API_ENDPOINT and the network"
    case .refused: "check DATATURE_VI_SECRET_KEY and DATATURE_VI_ORGANIZATION_ID"
    case .noSuchRun: "vi-notify runs list --all shows every run"
    case .unreadable: "vi-notify runs get shows the document"
    case .rateLimited, .failing, .tooSlow: "try again later"
    case .rejected, .notVi: "check DATATURE_VI_API_ENDPOINT; it must be the address of a Vi API"
    }
  }

  /// The earliest time of the next request.
  package var retryAfter: Duration? {
    switch self {
    case .rateLimited(let after, _), .failing(_, _, let after, _): after
    default: nil
    }
  }

  private func clause(_ message: String) -> String {
    message.isEmpty ? "" : ": \(message)"
  }

  private func cut(_ wait: Duration?, _ isCut: Bool) -> String {
    guard isCut, let wait else { return "" }
    return ", for longer than the limit: waiting \(wait.words)"
  }
}

extension TransportError {
  /// An answer arrived, but it is wrong.
  fileprivate var isOfTheAnswer: Bool {
    switch self {
    case .stalled, .bodyTooLarge, .cutShort, .badAnswer: true
    default: false
    }
  }
}
