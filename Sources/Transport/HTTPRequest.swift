/// A request as the caller describes it. ``HTTPClient/send(_:)`` finds mistakes in it before sending a byte.
package struct HTTPRequest: Sendable {
  /// An HTTP token such as `GET`, `POST`, `PATCH`, `DELETE` or `HEAD`; sent in the given case.
  package var method: String

  /// Absolute, `http` or `https`. Non-ASCII text is percent-encoded; spaces are refused.
  package var url: String

  /// Sent in this order. The transport sets `Content-Length`, `Transfer-Encoding` and `Expect`, and refuses them here.
  package var headers: [(name: String, value: String)]

  /// `nil` sends no body; POST, PUT and PATCH then send `Content-Length: 0`. Ignored for HEAD.
  package var body: [UInt8]?

  /// From `send` to the last byte of the answer, including the wait for a free connection. At least 1 ms.
  package var timeout: Duration

  /// Name lookup, TCP and TLS together. At least 1 ms; never longer than the rest of ``timeout``.
  package var connectTimeout: Duration

  /// Aborts the exchange after less than 1 byte per second for this long, rounded up to whole seconds; nil: only ``timeout`` does.
  /// libcurl measures the speed over the last five seconds, so it may notice up to that much later. It also counts the time in which a
  /// server thinks before its answer, so this is for bodies that take far longer than any thinking.
  package var stallTimeout: Duration?

  /// The limit of the body, counted after decompression.
  package var maximumBodyBytes: Int

  /// The limit for answers whose status isn't 2xx, of which callers read only a message: this many bytes are kept, the
  /// connection is dropped there, and the answer counts as complete. Counted after decompression; never more than
  /// ``maximumBodyBytes``.
  package var maximumErrorBytes: Int

  /// Offers the encodings that libcurl can decode. If false, a body is taken as it arrives, even if it is encoded, so that
  /// decoding can't fail.
  package var acceptsEncodings: Bool

  /// How long the body may take once the head is complete; nil: as long as ``timeout``. After that, the answer is returned with
  /// the body so far, and ``HTTPResponse/bodyFault`` is set. Checked every 100 ms.
  package var bodyPatience: Duration?

  /// `true` keeps the first ``maximumBodyBytes``, drops the connection there and counts the answer as complete, for answers
  /// that are only quoted. `false` makes a longer answer ``TransportError/bodyTooLarge(limit:)``.
  package var truncatesBody: Bool

  /// A PEM bundle of the only authorities to trust, instead of the client's. Read again after ten minutes at the latest.
  package var caFile: String?

  /// Sent to a server that asks for a certificate.
  package var clientCertificate: ClientCertificate?

  /// Offers HTTP/2 (by ALPN, so over TLS only); several requests then share a connection. HTTP/1.1 takes less CPU for small
  /// requests, so this is for servers that require HTTP/2, or to save connections.
  package var allowsHTTP2: Bool

  package var egress: Egress

  /// Opens a new connection, because a kept one may lead to a server that misbehaves or has gone.
  package var isFresh = false

  /// Whose request it is: who has none under way to a host doesn't wait for others that have many.
  package var fairnessKey = ""

  /// Nil: the request isn't signed.
  package var signature: AWSSignature?

  /// Receives the body while it arrives; nil keeps it in memory. With a sink, nothing is decompressed: bytes are passed on as
  /// the server sends them.
  package var sink: (any BodySink)?

  package init(
    _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
    timeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(10), stallTimeout: Duration? = nil,
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
