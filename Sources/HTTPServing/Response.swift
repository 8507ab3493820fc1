/// The answer to a request.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Runs until the reader disconnects, falls behind, or the server stops.
    case events(Subscription)
  }

  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: Body

  package init(_ status: Int, headers: [(name: String, value: String)] = [], body: Body = .bytes([])) {
    (self.status, self.headers, self.body) = (status, headers, body)
  }

  package static func text(_ text: String, status: Int = 200) -> Response {
    Response(status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array((text + "\n").utf8)))
  }

  package static func json(_ bytes: [UInt8], status: Int = 200) -> Response {
    Response(status, headers: [("Content-Type", "application/json")], body: .bytes(bytes))
  }

  /// The status line and the headers. A body of unknown length ends when the connection closes.
  func head(keepsAlive: Bool) -> [UInt8] {
    var lines = ["HTTP/1.1 \(status) \(Self.phrases[status] ?? "Status")"]
    lines += headers.map { "\($0.name): \($0.value)" }
    switch body {
    case .bytes(let bytes):
      lines.append("Content-Length: \(bytes.count)")
      if !keepsAlive { lines.append("Connection: close") }
    case .events: lines.append("Connection: close")
    }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  private static let phrases = [
    200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 411: "Length Required",
    413: "Content Too Large", 421: "Misdirected Request", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
  ]
}
