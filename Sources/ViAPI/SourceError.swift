package import Runs
package import Transport

/// Why the API gave no usable answer. `description` is a clause; what to do stands in ``advice``.
package enum SourceError: Error, Sendable, CustomStringConvertible {
  /// No answer at all.
  case unreachable(TransportError)
  /// 401 or 403.
  case refused(status: Int, message: String)
  /// 404 for a run.
  case noSuchRun(id: String)
  /// The document of a run that was asked for by its id is none that we can read, although it is clear whose it is.
  case unreadable(MalformedRun)
  /// 429, and what `Retry-After` asked for.
  case rateLimited(retryAfter: Duration?)
  /// 408 or 5xx.
  case failing(status: Int, message: String, retryAfter: Duration?)
  /// Any other status that is no 2xx.
  case rejected(status: Int, message: String)
  /// Pages came, but not all of them within the time of a sweep.
  case tooSlow
  /// A 2xx that is no Vi API's.
  case notVi(String)

  package var description: String {
    switch self {
    case .unreachable(let error): "the Vi API can't be reached: \(error)"
    case .refused(let status, let message): "the Vi API refused the credentials (\(status)\(clause(message)))"
    case .noSuchRun(let id): "there is no run \(id)"
    case .unreadable(let error): "run \(error.id ?? "") can't be read: \(error)"
    case .rateLimited: "the Vi API asks for fewer requests (429)"
    case .failing(let status, let message, _): "the Vi API is failing (\(status)\(clause(message)))"
    case .rejected(let status, let message): "the Vi API rejected the request (\(status)\(clause(message)))"
    case .tooSlow: "the Vi API is too slow: the list of runs could not be read to its end within 10 minutes"
    case .notVi(let why): "the answer is not a Vi API's: \(why)"
    }
  }

  /// What the user can do.
  package var advice: String {
    switch self {
    case .unreachable: "check DATATURE_VI_API_ENDPOINT and the network"
    case .refused: "check DATATURE_VI_SECRET_KEY and DATATURE_VI_ORGANIZATION_ID"
    case .noSuchRun: "vi-notify runs list --all shows every run"
    case .unreadable: "vi-notify runs get shows the document"
    case .rateLimited, .failing, .tooSlow: "it is tried again by itself"
    case .rejected, .notVi: "check DATATURE_VI_API_ENDPOINT; it must be the address of a Vi API"
    }
  }

  /// Not before this may the next request be sent.
  package var retryAfter: Duration? {
    switch self {
    case .rateLimited(let after), .failing(_, _, let after): after
    default: nil
    }
  }

  private func clause(_ message: String) -> String {
    message.isEmpty ? "" : ": \(message)"
  }
}
