package import Runs

/// Where runs are read from: a Vi API, or in tests a world that lies on purpose.
package protocol RunSource: Sendable {
  var origin: RunEvent.Origin { get }

  /// How far the source's clock is ahead of ours; zero while nothing is known of it, or when it is less than they may
  /// differ by chance.
  var clockSkew: Duration { get }

  /// One page of the runs, newest first.
  ///
  /// - Parameters:
  ///   - token: of the page, as the page before gave it; nil for the first.
  ///   - size: how many items are asked for; the source may give fewer.
  ///   - timeout: of this request.
  func page(token: String?, size: Int, timeout: Duration) async throws(SourceError) -> PageAnswer

  /// One run. Throws ``SourceError/noSuchRun(id:)`` when there is none, and
  /// ``SourceError/unreadable(_:)`` for a document of which only the id can be read.
  ///
  /// - Parameter isFresh: on a connection of its own, for a second opinion.
  func run(id: String, timeout: Duration, isFresh: Bool) async throws(SourceError) -> Run
}

/// An answer that should be a page of runs.
package struct PageAnswer: Sendable {
  package let status: Int
  package let bytes: [UInt8]
  /// For an error's words; redacted.
  package let contentType: String

  package init(status: Int = 200, bytes: [UInt8], contentType: String = "application/json") {
    self.status = status
    self.bytes = bytes
    self.contentType = contentType
  }

  /// For an error's words.
  package var shape: String {
    "\(status) with \(bytes.count) bytes of \(contentType.prefix(60)), which are no page of runs"
  }
}
