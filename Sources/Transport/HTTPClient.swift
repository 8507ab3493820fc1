import CCurl

/// HTTP for the whole house: any task may send, one thread does the work (see `TransferThread.swift`).
///
/// Redirects are never followed, cookies and `.netrc` never used, connections kept and reused. HTTP/1.1, in the clear and over
/// TLS; HTTP/2 for requests that allow it.
package final class HTTPClient: Sendable {
  package struct Configuration: Sendable {
    /// Per scheme, host and port. What is beyond it waits its turn, first come first served. At least 1.
    package var maximumConnectionsPerHost: Int
    /// How many connections are kept open, idle ones included, for each combination of authorities, certificate, HTTP version
    /// and ``Egress`` that requests ask for.
    package var connectionCache: Int
    /// Sent with requests that bring no `User-Agent` of their own; `nil` sends none.
    package var userAgent: String?
    /// PEM bundle of the only authorities to trust. `nil`: that of `$SSL_CERT_FILE`, else the system's.
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

  /// Cheap: the thread starts with the first request.
  package init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    mailbox = Mailbox(configuration)
  }

  /// A client that is dropped without ``close()`` has nothing in flight, as every `send` holds it.
  deinit {
    mailbox.abandon()
  }

  /// Sends `request` and returns the answer, whatever its status.
  ///
  /// Cancelling the task ends the transfer and throws ``TransportError/cancelled``; an answer that was complete by then
  /// is still returned.
  package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let checked = try CheckedRequest(request, userAgent: configuration.userAgent, urls: urls)
    if Task.isCancelled { throw .cancelled }
    let id = mailbox.issueID()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        mailbox.enqueue(Job(id: id, request: checked, continuation: continuation))
        // A cancellation that came before this line found nothing to cancel.
        if Task.isCancelled { mailbox.cancel(id) }
      }
    } onCancel: {
      mailbox.cancel(id)
    }
    return try result.get()
  }

  /// Refuses new requests, ends those in flight with ``TransportError/closed``, closes every connection and joins the
  /// thread. Idempotent; every caller returns after the last request has been answered.
  package func close() async {
    await withCheckedContinuation { mailbox.close($0) }
    mailbox.join()
  }
}
