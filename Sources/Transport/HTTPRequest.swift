/// One request as the caller means it; what is wrong with it is found by ``HTTPClient/send(_:)``, before a byte leaves.
package struct HTTPRequest: Sendable {
  /// An HTTP token such as `GET`, `POST`, `PATCH`, `DELETE` or `HEAD`; sent in the case it is written in.
  package var method: String

  /// `http` or `https`, absolute. Text outside ASCII is percent-encoded, spaces are refused.
  package var url: String

  /// Sent in this order. `Content-Length`, `Transfer-Encoding` and `Expect` belong to the transport and are refused.
  package var headers: [(name: String, value: String)]

  /// `nil` sends no body. POST, PUT and PATCH then say `Content-Length: 0`. Ignored for HEAD.
  package var body: [UInt8]?

  /// From `send` to the last byte of the answer, waiting for a free connection included. At least 1 ms.
  package var timeout: Duration

  /// Name lookup, TCP and TLS together. At least 1 ms; never longer than what is left of ``timeout``.
  package var connectTimeout: Duration

  /// The exchange is given up after less than 1 byte a second for this long, rounded up to whole seconds. libcurl measures the
  /// speed over the last five, so it may notice up to that much later.
  package var stallTimeout: Duration

  /// The most that is kept of an answer, counted after decompression.
  package var maximumBodyBytes: Int

  /// For answers whose status is no 2xx, of which nobody reads more than a message: the first so many bytes are kept, the
  /// connection is dropped there, and the answer counts as complete. Counted after decompression; never more than
  /// ``maximumBodyBytes``.
  package var maximumErrorBytes: Int

  /// Offers the encodings that libcurl can undo. Without, a body is taken as it comes, also one that is encoded all the same:
  /// nothing that has to be undone can go wrong.
  package var acceptsEncodings: Bool

  /// How long the body may take once the head is complete; nil: as long as ``timeout``. When that is over the answer is returned
  /// with what has come of its body, and ``HTTPResponse/bodyFault`` says so. The clock is looked at every 100 ms.
  package var bodyPatience: Duration?

  /// `true` keeps the first ``maximumBodyBytes``, drops the connection there and counts the answer as complete, for answers
  /// that are only quoted. `false` makes a longer answer ``TransportError/bodyTooLarge(limit:)``.
  package var truncatesBody: Bool

  /// PEM bundle of the only authorities to trust, instead of the client's. Read again after ten minutes at the latest.
  package var caFile: String?

  /// Shown to a server that asks for one.
  package var clientCertificate: ClientCertificate?

  /// Offers HTTP/2 (ALPN, so over TLS only); several requests then share a connection. HTTP/1.1 takes less CPU for small
  /// requests: this is for servers that want it, or to save connections.
  package var allowsHTTP2: Bool

  package var egress: Egress

  /// On a connection of its own: one that is kept may lead to a server that is wrong, or to one that is gone.
  package var isFresh = false

  /// Where the body goes while it comes in; nil holds it in memory. With a sink nothing is decompressed: bytes are taken as
  /// the server sends them.
  package var sink: (any BodySink)?

  package init(
    _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
    timeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(10), stallTimeout: Duration = .seconds(30),
    maximumBodyBytes: Int = 64 * 1024 * 1024, truncatesBody: Bool = false, caFile: String? = nil,
    clientCertificate: ClientCertificate? = nil, allowsHTTP2: Bool = false, egress: Egress = .anywhere,
    maximumErrorBytes: Int = 64 * 1024, acceptsEncodings: Bool = true, bodyPatience: Duration? = nil,
    sink: (any BodySink)? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.connectTimeout = connectTimeout
    self.stallTimeout = stallTimeout
    self.maximumBodyBytes = maximumBodyBytes
    self.truncatesBody = truncatesBody
    self.caFile = caFile
    self.clientCertificate = clientCertificate
    self.allowsHTTP2 = allowsHTTP2
    self.egress = egress
    self.maximumErrorBytes = maximumErrorBytes
    self.acceptsEncodings = acceptsEncodings
    self.bodyPatience = bodyPatience
    self.sink = sink
  }
}
