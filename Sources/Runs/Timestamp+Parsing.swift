internal import FoundationEssentials

extension Timestamp {
  /// Reads RFC 3339, such as `2026-11-23T09:46:00Z` or `2026-11-23T09:46:00.5+08:00`. Nil for anything else.
  package init?(iso8601 text: String) {
    let shape = /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})/
    // Foundation ignores text after the zone, and reads the 31st of November as the 1st of December.
    guard text.wholeMatch(of: shape) != nil,
      let local = Self.lenient(text.prefix(19) + "Z"), local.iso8601.prefix(19) == text.prefix(19),
      let time = Self.lenient(text)
    else { return nil }
    self = time
  }

  private static func lenient(_ text: String) -> Timestamp? {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    guard let date = try? style.parse(text) else { return nil }
    return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }
}
