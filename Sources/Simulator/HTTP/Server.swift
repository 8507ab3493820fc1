import FlyingFox
import FlyingSocks
import FoundationEssentials
import Glibc

/// Serves a function from request to answer over HTTP.
enum Server {
  typealias Respond = @Sendable (ReceivedRequest) -> Answer

  /// - Parameter host: an IPv4 or IPv6 address, or `localhost`.
  static func make(
    host: String, port: UInt16, now: @escaping @Sendable () -> Int64, onListening: @escaping @Sendable (UInt16) -> Void,
    respond: @escaping Respond
  ) throws -> HTTPServer {
    let pool = PromptSockets(HTTPServer.defaultPool(), onListening: onListening)
    let handler = ClosureHTTPHandler { request in
      let received = try await ReceivedRequest(request, time: now())
      return try await response(to: received, respond(received))
    }
    let config =
      if host.contains(":") {
        try configuration(.inet6(ip6: host, port: port), pool)
      } else {
        try configuration(.inet(ip4: host == "localhost" ? "127.0.0.1" : host, port: port), pool)
      }
    return HTTPServer(config: config, handler: handler)
  }

  private static func configuration(_ address: some SocketAddress, _ pool: PromptSockets) -> HTTPServer.Configuration {
    // A day: otherwise FlyingFox would replace a hanging or slow answer with a 500 after 15 seconds.
    HTTPServer.Configuration(
      address: address, timeout: 86_400, sharedRequestBufferSize: 65_536, pool: pool, logger: Silence())
  }

  private static func response(to request: ReceivedRequest, _ answer: Answer) async throws -> HTTPResponse {
    if answer.delay > 0 { try await Task.sleep(for: .milliseconds(answer.delay)) }
    switch answer.manner {
    case .hang:
      try await Task.sleep(for: .seconds(86_400))
      throw SocketError.disconnected
    // FlyingFox calls a web socket's handler before it writes anything: the only way to close without an answer.
    case .reset: return HTTPResponse(webSocket: Refusal())
    case .whole, .cutShort, .slow: break
    }
    var headers = HTTPHeaders()
    for (name, value) in answer.headers { headers[HTTPHeader(name)] = value }
    headers[.contentLength] = String(answer.body.count)
    headers[HTTPHeader("x-cloud-trace-context")] = trace(of: request)
    headers[HTTPHeader("Date")] = date(request.time)
    let status = HTTPStatusCode(answer.status, phrase: phrase(answer.status))
    guard request.method != "HEAD" else { return HTTPResponse(statusCode: status, headers: headers) }
    if case .bytes(let bytes) = answer.body, answer.manner == .whole {
      let body = HTTPBodySequence(data: Data(bytes), suggestedBufferSize: max(1, bytes.count))
      return HTTPResponse(statusCode: status, headers: headers, body: body)
    }
    let parts = BodyParts(answer)
    let body = HTTPBodySequence(from: parts, count: answer.body.count, suggestedBufferSize: parts.partSize)
    return HTTPResponse(statusCode: status, headers: headers, body: body)
  }

  /// RFC 9110, section 5.6.7.
  static func date(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 40)
    let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func trace(of request: ReceivedRequest) -> String {
    let hash = String(fnv1a("\(request.time)\(request.path)"), radix: 16)
    return String(repeating: "0", count: 32 - hash.count) + hash + "/1;o=1"
  }

  static func phrase(_ status: Int) -> String {
    let phrases = [
      200: "OK", 204: "No Content", 206: "Partial Content", 302: "Found", 400: "Bad Request", 401: "Unauthorized",
      403: "Forbidden",
      404: "Not Found", 409: "Conflict", 410: "Gone", 416: "Range Not Satisfiable", 429: "Too Many Requests",
      500: "Internal Server Error", 503: "Service Unavailable",
    ]
    return phrases[status] ?? "Status"
  }
}

extension ReceivedRequest {
  init(_ request: HTTPRequest, time: Int64) async throws {
    var headers: [String: String] = [:]
    for header in request.headers.keys { headers[header.rawValue] = request.headers[header] }
    self.init(
      time: time, method: request.method.rawValue, target: request.target.rawValue, headers: headers,
      body: Array(try await request.bodyData))
  }
}

/// A body that is generated, slowed down or cut off while it is sent.
private struct BodyParts: AsyncBufferedSequence, AsyncBufferedIteratorProtocol {
  typealias Element = UInt8

  let partSize: Int
  private let answer: Answer
  private let end: Int
  private var position = 0

  init(_ answer: Answer) {
    self.answer = answer
    end = answer.manner == .cutShort ? answer.body.count / 2 : answer.body.count
    partSize = answer.manner == .slow ? Swift.max(1, end / 20) : 262_144
  }

  func makeAsyncIterator() -> BodyParts { self }

  mutating func next() async throws -> UInt8? {
    try await nextBuffer(suggested: 1)?.first
  }

  mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
    guard position < end else {
      if answer.manner == .cutShort { throw SocketError.disconnected }
      return nil
    }
    if answer.manner == .slow { try await Task.sleep(for: .milliseconds(250)) }
    let range = position..<Swift.min(position + count, end)
    position = range.upperBound
    return answer.body.bytes(in: range)
  }
}

private struct Refusal: WSHandler {
  func makeFrames(for client: AsyncThrowingStream<WSFrame, any Error>) async throws -> AsyncStream<WSFrame> {
    throw SocketError.disconnected
  }
}

/// FlyingFox prints by default, even for every client that disconnects.
private struct Silence: Logging {
  func logDebug(_ debug: @autoclosure () -> String) {}
  func logInfo(_ info: @autoclosure () -> String) {}
  func logWarning(_ warning: @autoclosure () -> String) {}
  func logError(_ error: @autoclosure () -> String) {}
  func logCritical(_ critical: @autoclosure () -> String) {}
}
