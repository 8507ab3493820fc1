internal import Transport
internal import WireTime

/// What kept a request from bringing what it should, by what is to be done about it.
enum FetchFailure: Error, Sendable {
  /// The storage doesn't take the link, or not any more.
  case linkRefused(status: Int, code: String?)
  /// The link is about to run out.
  case linkOld
  /// The file behind the link is another than the one that was begun.
  case changed
  /// May be gone at the next attempt, not before `after`.
  case passing(DownloadError, after: Duration?)
  case final(DownloadError)

  /// Requests on their way may still bring what they should.
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
  ///   - answer: of the storage, neither 200 nor 206.
  ///   - now: Unix milliseconds.
  init(_ answer: HTTPResponse, now: Int64) {
    let code = Self.code(answer.body)
    self =
      switch answer.status {
      // Storages say "expired" with 400 (Google), 403 (Amazon, Azure) and 401; what was moved away is found by a new link.
      case 400, 401, 403, 404, 410, 301, 302, 303, 307, 308: .linkRefused(status: answer.status, code: code)
      case 412, 416: .changed
      case 408, 425, 429, 500...:
        .passing(
          .link(status: answer.status, code: code), after: answer.retryAfter(now: now, by: .receiver)?.duration)
      default: .final(.link(status: answer.status, code: code))
      }
  }

  /// `<Code>ExpiredToken</Code>`: a word, as anything else could be the link given back.
  private static func code(_ body: [UInt8]) -> String? {
    let text = String(decoding: body, as: UTF8.self)
    guard let start = text.firstRange(of: "<Code>")?.upperBound,
      let end = text[start...].firstRange(of: "</Code>")?.lowerBound
    else { return nil }
    let code = text[start..<end]
    return (1...40).contains(code.utf8.count) && code.allSatisfy { $0.isASCII && $0.isLetter } ? String(code) : nil
  }
}
