internal import Runs
internal import Secrets
internal import Transport

/// A link to an archive, as it is used.
struct ArchiveLink: Sendable {
  let checkpoint: String
  /// Of the link, or of where it redirects to.
  var url: Secret
  /// Whom to trust there, PEM; nil: whom the system trusts.
  let caFile: String?
  /// From then on a new one is asked for, rather than to be refused; nil: when it is refused.
  let oldFrom: Timestamp?
}

/// What a link leads to, asked for with no credentials but itself.
struct ArchiveStorage: Sendable {
  /// Parts of an answer that is no archive.
  private static let quotedBytes = 16_384
  private static let maxRedirects = 5

  let http: HTTPClient
  let time: TimeSource
  let settings: DownloadSettings

  /// Fetches what is missing of a piece.
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
      // Also when the server has given less than it said it would, or a part that nobody has asked for.
      guard job.rest(of: piece).isEmpty else { throw FetchFailure(answer.bodyFault ?? .cutShort) }
    // The whole of another file, or of the same by a server that has given parts before.
    case 200, 206: throw .changed
    default: throw FetchFailure(answer, now: time.now().milliseconds)
    }
  }

  /// What a link leads to.
  enum Found: Sendable {
    /// A file that can be had in parts, by this link.
    case parts(RemoteFile, ArchiveLink)
    /// The server gives nothing but all of it: it is in the sink.
    case whole
  }

  /// Asks for the first byte: a HEAD would do, if storages didn't sign links for one method only.
  ///
  /// Redirects are followed, as the vendor's SDK does, but not out of https.
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
      guard file.total != nil else { throw .final(.damaged("the server doesn't say how long the archive is")) }
      return .parts(file, link)
    case 200:
      if let fault = answer.bodyFault { throw FetchFailure(fault) }
      return .whole
    // Of an empty file not even the first byte can be had.
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
    request.caFile = link.caFile
    request.maximumBodyBytes = Self.quotedBytes
    request.truncatesBody = true
    request.sink = sink
    // Who answers for the API isn't thereby allowed to have the machine's own credentials fetched and put on the disk.
    request.egress = .notMetadata
    return request
  }
}
