/// Moments that somebody else wrote down, as Unix milliseconds.
///
/// A broken clock or a hostile server may say anything. What lies outside the years 1 to 9999, which is all that RFC 3339 can
/// write, becomes the nearer end: far enough from both ends of 64 bits that sums and differences of such moments fit.
package enum WireMoment {
  /// 0001-01-01T00:00:00.000Z
  package static let earliest: Int64 = -62_135_596_800_000
  /// 9999-12-31T23:59:59.999Z
  package static let latest: Int64 = 253_402_300_799_999

  package static func milliseconds(_ milliseconds: Int64) -> Int64 {
    min(max(milliseconds, earliest), latest)
  }

  package static func milliseconds(seconds: Int64) -> Int64 {
    milliseconds(seconds.multipliedSaturated(by: 1000))
  }

  /// Milliseconds as JSON writes a number; nil for what is no whole one. `1.766e12` is whole, and so is `1e400`.
  package static func milliseconds(number text: String) -> Int64? {
    if let whole = Int64(text) { return milliseconds(whole) }
    guard let value = WireNumber.decimal(text), value.isInfinite || value == value.rounded() else { return nil }
    return milliseconds(Int64(saturating: value))
  }
}
