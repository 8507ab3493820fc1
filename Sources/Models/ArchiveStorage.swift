internal import Runs
internal import Secrets
internal import Transport

/// A link to an archive.
struct ArchiveLink: Sendable {
  let checkpoint: String
  /// The link's URL, or its redirect target.
  var url: Secret
  /// The authorities to trust there, PEM; nil: the system's.
  let caFile: String?
  /// When to ask for a new link, before this one expires; nil: when it is refused.
  let oldFrom: Timestamp?
}

/// Requests to the storage behind a link, without any credentials except the link.
struct ArchiveStorage: Sendable {
  /// How much of an error answer is kept.
  private static let quotedBytes = 16_384
  private static let maxRedirects = 5

  let http: HTTPClient
  let time: TimeSource
  let settings: DownloadSettings

  /// Downloads the missing part of a piece.
  func fetch(
    _ piece: Int, of job: FetchJob, by link: ArchiveLink, onBytes: @escaping @Sendable (Int64) -> Void
  ) async throws(FetchFailure) {
    let range = job.rest(of: piece)
    let sink = PieceSink(range, of: job.subject.file, into: job.file) { onBytes(job.advance(piece, by: $0)) }
    let answer: HTTPResponse
    do throws(TransportError) {
      answer = try await http.send(request(link, range, sink))
    } catch {
      if sink.failure != 0 { throw .final(.disk(path: job.file.path, number: sink.failure)) }
      throw FetchFailure(error)
    }
    switch answer.status {
    case 206 where RemoteFile(answer).isSamePart(of: job.subject.file):
      // Also if the server sent less than it declared, or a part that wasn't requested.
      guard job.rest(of: piece).isEmpty else { throw FetchFailure(answer.bodyFault ?? .cutShort) }
    // The whole of another file, or of the same one from a server that sent ranges before.
    case 200, 206: throw .changed
    default: throw FetchFailure(answer, now: time.now().milliseconds)
    }
  }

  /// The result of following a link.
  enum Found: Sendable {
    /// A file that supports ranges, by this link.
    case parts(RemoteFile, ArchiveLink)
    /// The server sends only the whole file; it is in the sink.
    case whole
  }

  /// Requests the first byte. A HEAD would do, but storages sign links for one method only.
  ///
  /// Follows redirects, as the vendor's SDK does, but never from https to http.
  func look(at link: ArchiveLink, whole: WholeSink) async throws(FetchFailure) -> Found {
    var link = link
    for _ in 0...Self.maxRedirects {
      let answer: HTTPResponse
      do throws(TransportError) {
        answer = try await http.send(request(link, 0..<1, whole))
      } catch {
        throw whole.failure.map { .final($0) } ?? FetchFailure(error)
      }
      if let failure = whole.failure { throw .final(failure) }
      if let target = answer.redirect(from: link.url.revealed) {
        link.url = Secret(target)
        continue
      }
      return try found(answer, link)
    }
    throw .final(.link(status: 302, code: "TooManyRedirects"))
  }

  private func found(_ answer: HTTPResponse, _ link: ArchiveLink) throws(FetchFailure) -> Found {
    switch answer.status {
    case 206:
      let file = RemoteFile(answer)
      guard file.total != nil else { throw .final(.damaged("the server doesn't declare the archive's length")) }
      return .parts(file, link)
    case 200:
      if let fault = answer.bodyFault { throw FetchFailure(fault) }
      return .whole
    // An empty file doesn't have a first byte.
    case 416: throw .final(.archive(.notATar))
    default: throw FetchFailure(answer, now: time.now().milliseconds)
    }
  }

  private func request(_ link: ArchiveLink, _ range: Range<Int64>, _ sink: any BodySink) -> HTTPRequest {
    var request = HTTPRequest(
      "GET", link.url.revealed,
      headers: [
        ("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"), ("Accept-Encoding", "identity"),
      ])
    request.timeout = settings.requestTimeout
    request.stallTimeout = settings.stallTimeout
    request.caFile = link.caFile
    request.maximumBodyBytes = Self.quotedBytes
    request.truncatesBody = true
    request.sink = sink
    // Whoever controls the API must not be able to download the machine's own credentials to its disk.
    request.egress = .notMetadata
    return request
  }
}
