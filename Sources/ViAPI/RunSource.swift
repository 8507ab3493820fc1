package import Runs

/// A source of runs: a Vi API, or in tests a world that gives wrong answers on purpose.
package protocol RunSource: Sendable {
  var origin: RunEvent.Origin { get }

  /// How far the source's clock is ahead of ours; zero if unknown, or within the tolerance.
  var clockSkew: Duration { get }

  /// One page of the runs, newest first.
  ///
  /// - Parameters:
  ///   - token: the page's token from the page before; nil for the first page.
  ///   - size: the requested number of items; the source may return fewer.
  ///   - timeout: of this request.
  func page(token: String?, size: Int, timeout: Duration) async throws(SourceError) -> PageAnswer

  /// One run. Throws ``SourceError/noSuchRun(id:)`` if it doesn't exist, and ``SourceError/unreadable(_:)`` for a document of
  /// which only the id can be read.
  ///
  /// - Parameter isFresh: use a new connection, for a second opinion.
  func run(id: String, timeout: Duration, isFresh: Bool) async throws(SourceError) -> Run
}

/// A response that should be a page of runs.
package struct PageAnswer: Sendable {
  package let status: Int
  package let bytes: [UInt8]
  /// For error messages; redacted.
  package let contentType: String

  package init(status: Int = 200, bytes: [UInt8], contentType: String = "application/json") {
    self.status = status
    self.bytes = bytes
    self.contentType = contentType
  }

  /// For error messages.
  package var shape: String {
    "\(status) with \(bytes.count) bytes of \(contentType.prefix(60)), which isn't a page of runs"
  }
}
