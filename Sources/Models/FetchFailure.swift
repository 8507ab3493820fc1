internal import Transport
internal import WireTime

/// Why a request failed, by the reaction it needs.
enum FetchFailure: Error, Sendable {
  /// The storage refuses the link, or has stopped accepting it.
  case linkRefused(status: Int, code: String?)
  /// The link is about to expire.
  case linkOld
  /// The file behind the link has changed since the download began.
  case changed
  /// Transient; retry after `after` at the earliest.
  case passing(DownloadError, after: Duration?)
  case final(DownloadError)

  /// Requests in flight may still succeed.
  var isOfTheLink: Bool {
    switch self {
    case .linkRefused, .linkOld: true
    case .changed, .passing, .final: false
    }
  }

  init(_ error: TransportError) {
    let error = DownloadError.transport(error)
    self =
      if case .transport(.cancelled) = error { .final(.cancelled) } else if error.isTemporary {
        .passing(error, after: nil)
      } else {
        .final(error)
      }
  }

  /// - Parameters:
  ///   - answer: of the storage, with a status other than 200 and 206.
  ///   - now: Unix milliseconds.
  init(_ answer: HTTPResponse, now: Int64) {
    let code = Self.code(answer.body)
    self =
      switch answer.status {
      // Storages report "expired" as 400 (Google), 403 (Amazon, Azure) and 401; a new link finds a file that was moved.
      case 400, 401, 403, 404, 410, 301, 302, 303, 307, 308: .linkRefused(status: answer.status, code: code)
      case 412, 416: .changed
      case 408, 425, 429, 500...:
        .passing(
          .link(status: answer.status, code: code), after: answer.retryAfter(now: now, by: .receiver)?.duration)
      default: .final(.link(status: answer.status, code: code))
      }
  }

  /// `<Code>ExpiredToken</Code>`. Only a single word, because anything else could quote the link.
  private static func code(_ body: [UInt8]) -> String? {
    let text = String(decoding: body, as: UTF8.self)
    guard let start = text.firstRange(of: "<Code>")?.upperBound,
      let end = text[start...].firstRange(of: "</Code>")?.lowerBound
    else { return nil }
    let code = text[start..<end]
    return (1...40).contains(code.utf8.count) && code.allSatisfy { $0.isASCII && $0.isLetter } ? String(code) : nil
  }
}
