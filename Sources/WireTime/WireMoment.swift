/// Foreign moments, as Unix milliseconds.
///
/// This module reads numbers, moments and waits that other machines wrote, and clamps them to bounds within which arithmetic can't
/// overflow. It is pure, and doesn't know which header or field they come from.
///
/// A broken clock or a hostile server may send anything. A moment outside the years 1 to 9999, the range of RFC 3339, becomes the
/// nearer end, far enough from both ends of 64 bits that sums and differences fit.
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

  /// Milliseconds from a JSON number; nil if it isn't whole. `1.766e12` is whole, and so is `1e400`.
  package static func milliseconds(number text: String) -> Int64? {
    if let whole = Int64(text) { return milliseconds(whole) }
    guard let value = WireNumber.decimal(text), value.isInfinite || value == value.rounded() else { return nil }
    return milliseconds(Int64(saturating: value))
  }
}
