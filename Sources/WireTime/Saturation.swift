/// Sums and products that saturate instead of trapping, for every number that comes from elsewhere, including the machine's own
/// clock.
extension FixedWidthInteger {
  package func addingSaturated(_ other: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  package func subtractingSaturated(_ other: Self) -> Self {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }

  package func multipliedSaturated(by other: Self) -> Self {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }
}

extension Int64 {
  /// The whole number next to `value` towards zero, clamped to the range; 0 for NaN.
  package init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else {
      // 2^63 is a Double, and one too large.
      self = value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int64(value)
    }
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero and saturated at 64 bits.
  package var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds.multipliedSaturated(by: 1000).addingSaturated(attoseconds / 1_000_000_000_000_000)
  }
}
