internal import JSONSource
internal import Locking
package import Runs
package import Secrets
package import Transport
internal import WireTime
internal import Notation

/// A client of the Vi Runs API, compatible with vi-sdk 0.1.0b7.
///
/// This module asks for runs and their outputs, and turns responses into documents or a ``SourceError``. Requests flow out
/// through `Transport`; ``PageAnswer``, `Run` and ``RunOutput`` flow in. It also decides how far to trust a single answer:
/// ``BeliefPolicy`` for contents, ``SkewEstimate`` for the clock.
///
/// - Every response is foreign input: its size, depth, numbers and page tokens are bounded.
/// - Error messages may quote the server, redacted, and never show the key.
///
/// It doesn't poll on a schedule (that is `Watching`) and stores nothing. Begin reading with ``RunSource``.
package struct ViClient: RunSource {
  /// The size limit of an answer, 64 MiB.
  private static let largestAnswer = 64 << 20
  /// The default timeout of one request.
  package static let requestTimeout: Duration = .seconds(120)

  private let access: AccessMemory
  private let caFile: String?
  private let http: HTTPClient
  private let time: TimeSource
  private let skew: Locked<SkewEstimate>

  /// - Parameter caFile: PEM, the only authorities to trust; nil: the client's.
  package init(
    endpoint: String, organization: String, secretKey: Secret, caFile: String? = nil, http: HTTPClient, time: TimeSource
  ) {
    let access = SourceAccess(endpoint: endpoint, organization: organization, secretKey: secretKey)
    self.init(access, caFile: caFile, http: http, time: time) { access }
  }

  /// - Parameters:
  ///   - access: the current one.
  ///   - former: of the same API, with which this one shares what is known of its clock.
  ///   - look: resolves it for every request. The error it throws is shown.
  package init(
    _ access: SourceAccess, caFile: String? = nil, http: HTTPClient, time: TimeSource, after former: ViClient? = nil,
    look: @escaping @Sendable () throws -> SourceAccess
  ) {
    self.access = AccessMemory(access, look)
    skew = former?.skew ?? Locked(SkewEstimate())
    self.caFile = caFile
    self.http = http
    self.time = time
  }

  package var endpoint: String { access.current.endpoint }
  package var organization: String { access.current.organization }
  /// Redacts what the API says before it goes into messages.
  private var redactor: Redactor { access.redactor }

  /// The authorities to trust at `url`, PEM: for the API's own origin those of the API, else nil, the system's.
  package func caFile(at url: String) -> String? {
    let address = endpoint.split(separator: "/", maxSplits: 3).prefix(2).joined(separator: "//")
    return url.hasPrefix(address + "/") ? caFile : nil
  }

  package var origin: RunEvent.Origin {
    let access = access.current
    return RunEvent.Origin(organization: access.organization, endpoint: access.endpoint)
  }

  /// From the `Date` headers of recent answers; see ``SkewEstimate``.
  package var clockSkew: Duration {
    let (now, uptime) = (time.now(), time.uptime())
    return skew.withLock { $0.skew(at: now, uptime: uptime) }
  }

  package func page(token: String?, size: Int, timeout: Duration) async throws(SourceError) -> PageAnswer {
    let next = token.map { "p=\(PercentEncoding.encode($0))&" } ?? ""
    let response = try await get("/runs?\(next)s=\(size)", timeout)
    return PageAnswer(
      status: response.status, bytes: response.body,
      contentType: redactor.redact(response.headers["Content-Type"] ?? "no content type"))
  }

  package func run(
    id: String, timeout: Duration = requestTimeout, isFresh: Bool = false
  ) async throws(SourceError) -> Run {
    do {
      let response = try await get("/runs/\(id)", timeout, isFresh: isFresh)
      return try Run(mending: response.body)
    } catch let error as MalformedRun {
      throw error.id == nil ? .notVi("run \(id) can't be read: \(error)") : .unreadable(error)
    } catch let error as SourceError {
      if case .rejected(404, _) = error { throw .noSuchRun(id: id) }
      throw error
    } catch {
      throw .notVi("\(error)")
    }
  }

  /// A refused key may have just been replaced, so the request is retried with the new one.
  func get(_ path: String, _ timeout: Duration, isFresh: Bool = false) async throws(SourceError) -> HTTPResponse {
    let access = access.current
    do throws(SourceError) {
      return try await get(path, timeout, isFresh, access)
    } catch {
      guard case .refused(let status, let message) = error else { throw error }
      let now = self.access.current
      if now != access { return try await get(path, timeout, isFresh, now) }
      guard let fault = self.access.fault else { throw error }
      throw .refused(status: status, message: message.isEmpty ? fault : "\(message); \(fault)")
    }
  }

  private func get(
    _ path: String, _ timeout: Duration, _ isFresh: Bool, _ access: SourceAccess
  ) async throws(SourceError) -> HTTPResponse {
    var request = HTTPRequest(
      "GET", "\(access.endpoint)/workspaces/\(PercentEncoding.encode(access.organization))\(path)",
      headers: [
        ("Authorization", "Bearer \(access.secretKey.revealed)"), ("Organization-Id", access.organization),
        ("Accept", "application/json"),
      ])
    request.timeout = timeout
    request.caFile = caFile
    request.isFresh = isFresh
    request.maximumBodyBytes = Self.largestAnswer
    let response: HTTPResponse
    do throws(TransportError) {
      response = try await http.send(request)
    } catch {
      throw .unreachable(error)
    }
    noteClock(response)
    guard (200..<300).contains(response.status) else { throw failure(response, request.url) }
    // The status of an incomplete answer is valid, but its contents are missing.
    if let fault = response.bodyFault { throw .unreachable(fault) }
    return response
  }

  private func failure(_ response: HTTPResponse, _ url: String) -> SourceError {
    let message = message(of: response)
    let asked = response.retryAfter(now: time.now().milliseconds, by: .api)
    let (wait, isCut) = (asked?.duration, asked?.isCut ?? false)
    if let target = response.redirectClause(from: url) {
      return .rejected(status: response.status, message: "\(redactor.redact(target)); use that address")
    }
    return switch response.status {
    case 401, 403: .refused(status: response.status, message: message)
    case 429: .rateLimited(retryAfter: wait, isCut: isCut)
    case 408, 500...: .failing(status: response.status, message: message, retryAfter: wait, isCut: isCut)
    default: .rejected(status: response.status, message: message)
    }
  }

  /// The server's message, with the trace id that the vendor's support asks for. One line, at most 300 characters.
  private func message(of response: HTTPResponse) -> String {
    let root = (try? JSONDocument(parsing: response.body))?.root
    let text = root?["message"]?.string ?? root?["error"]?.string ?? root?["error"]?["message"]?.string ?? ""
    let trace = response.headers["x-cloud-trace-context"].map { redactor.redact($0).prefix { $0 != "/" }.prefix(64) }
    let line = redactor.redact(text).unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? " " : String(scalar)
    }.joined()
    return "\(line.prefix(300))\(trace.map { " [trace \($0)]" } ?? "")"
  }

  private func noteClock(_ response: HTTPResponse) {
    guard let date = response.date else { return }
    let uptime = time.uptime()
    skew.withLock { $0.note(Timestamp(milliseconds: date), at: uptime) }
  }
}
