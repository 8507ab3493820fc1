import CCurl

/// The HTTP client of all modules, which sends mail, too: any task may send, one thread does the work (see
/// `TransferThread.swift`).
///
/// Requests flow in through ``send(_:)``; an answer or a ``TransportError`` flows out. Redirects are never followed, cookies and
/// `.netrc` never used. Connections are kept and reused: HTTP/1.1 in clear text and over TLS, HTTP/2 for requests that allow it.
///
/// - Everything about a request is checked before a byte is sent, so a value can't inject a header or another request.
/// - Every `send` ends: by an answer, an error, its timeout, cancellation or ``close()``.
/// - An error never shows the URL's path, query or user information.
///
/// This module doesn't retry, doesn't know what a status means, and doesn't follow redirects; its callers decide.
///
/// Begin reading with `TransferThread.swift`, then `Mailbox.swift` (how tasks and the thread meet), then `TransferResult.swift`
/// (how libcurl's codes become errors).
package final class HTTPClient: Sendable {
  package struct Configuration: Sendable {
    /// Per scheme, host and port. Further requests wait in order of arrival, except as
    /// ``HTTPRequest/fairnessKey`` says. At least 1.
    package var maximumConnectionsPerHost: Int
    /// The number of open connections, including idle ones, for each combination of authorities, certificate, HTTP version and
    /// ``Egress``.
    package var connectionCache: Int
    /// Sent with requests that have no `User-Agent` header; `nil` sends none.
    package var userAgent: String?
    /// A PEM bundle of the only authorities to trust. `nil`: the bundle of `$SSL_CERT_FILE`, else the system's.
    package var caFile: String?
    package var proxy: Proxy

    package init(
      maximumConnectionsPerHost: Int = 8, connectionCache: Int = 64, userAgent: String? = nil, caFile: String? = nil,
      proxy: Proxy = .environment
    ) {
      self.maximumConnectionsPerHost = maximumConnectionsPerHost
      self.connectionCache = connectionCache
      self.userAgent = userAgent
      self.caFile = caFile
      self.proxy = proxy
    }
  }

  private let configuration: Configuration
  private let mailbox: Mailbox
  private let urls = URLMemory()

  /// Cheap: the first request starts the thread.
  package init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    mailbox = Mailbox(configuration)
  }

  /// A client that is released without ``close()`` has nothing in flight, because every `send` retains it.
  deinit {
    mailbox.abandon()
  }

  /// Sends `request` and returns the answer, whatever its status.
  ///
  /// Cancelling the task ends the transfer and throws ``TransportError/cancelled``; an answer that is already complete is
  /// still returned.
  package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    try await perform(.http(CheckedRequest(request, userAgent: configuration.userAgent, urls: urls)))
  }

  /// Sends `mail` and returns the server's last reply: that it took the mail, or why it refused at some stage. Never through a
  /// proxy.
  package func send(_ mail: MailRequest) async throws(TransportError) -> MailReply {
    let response = try await perform(.mail(CheckedMail(mail)))
    return MailReply(code: response.status, text: String(decoding: response.body, as: UTF8.self))
  }

  private func perform(_ work: Job.Work) async throws(TransportError) -> HTTPResponse {
    if Task.isCancelled { throw .cancelled }
    let id = mailbox.issueID()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        mailbox.enqueue(Job(id: id, work, continuation: continuation))
        // A cancellation before this line found no job to cancel.
        if Task.isCancelled { mailbox.cancel(id) }
      }
    } onCancel: {
      mailbox.cancel(id)
    }
    return try result.get()
  }

  /// Refuses new requests, ends those in flight with ``TransportError/closed``, closes every connection and joins the thread.
  /// Idempotent; every caller returns after the last request has ended.
  package func close() async {
    await withCheckedContinuation { mailbox.close($0) }
    mailbox.join()
  }
}
