/// The API requests that came in: all are counted, the last ones kept.
struct RequestLog: Sendable {
  /// Beyond this the oldest are dropped; the counts continue.
  static let capacity = 20_000

  private(set) var entries: [LoggedRequest] = []
  private(set) var counts: [RequestKind: Int] = [:]

  mutating func record(_ request: ReceivedRequest, _ kind: RequestKind) {
    entries.append(LoggedRequest(kind: kind, request: request))
    if entries.count > Self.capacity { entries.removeFirst(Self.capacity / 10) }
    counts[kind, default: 0] += 1
  }

  /// Of every kind if `kind` is nil.
  func count(_ kind: RequestKind?) -> Int {
    kind.map { counts[$0] ?? 0 } ?? counts.values.reduce(0, +)
  }
}

package struct LoggedRequest: Sendable {
  package let kind: RequestKind
  package let request: ReceivedRequest
}
