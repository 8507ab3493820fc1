extension Duration {
  private static let units: [(suffix: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  /// Reads `500ms`, `30s`, `5m`, `2h30m`, `7d`: whole numbers with a unit each, larger units first. Nil for anything else,
  /// including more than 100 years.
  package init?(notation text: String) {
    var rest = text[...]
    var total: Int64 = 0
    var previousUnit = Int64.max
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let suffix = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(suffix.count)
      guard let count = Int64(digits), count < 1_000_000_000_000,
        let unit = Self.units.first(where: { $0.suffix == suffix })?.milliseconds, unit < previousUnit
      else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: unit)
      if overflow || product > 3_155_760_000_000 { return nil }
      total += product
      previousUnit = unit
    }
    guard previousUnit != .max, total <= 3_155_760_000_000 else { return nil }
    self = .milliseconds(total)
  }

  /// For people, the two largest units: `2h 14m`, `3d 1h`, `45s`; `0s` below a second.
  package var words: String {
    let seconds = max(0, milliseconds / 1000)
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
    guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0s" }
    return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
  }
}
