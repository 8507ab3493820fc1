internal import FoundationEssentials

extension Timestamp {
  /// Reads RFC 3339, such as `2026-11-23T09:46:00Z` or `2026-11-23T09:46:00.5+08:00`. Nil for anything else.
  package init?(iso8601 text: String) {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    guard let date = try? style.parse(text) else { return nil }
    self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }
}
