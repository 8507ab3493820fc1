/// A number as patterns compare it: by value if binary64 can distinguish it from its neighbours, else by its text.
///
/// A number is comparable if the shortest decimal that identifies its binary64 equals its value: 0.1 is comparable;
/// 0.10000000000000001, 9007199254740993 and 1e400 are not. "Shortest" means at least two digits, like Java's
/// `Double.toString` (JDK 19 and later) and therefore event-ruler: the smallest denormal is 4.9e-324, not 5e-324.
enum JSONNumberValue: Hashable, Sendable {
  case comparable(Double)
  case text([UInt8])

  /// `text` is a number by RFC 8259.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    let value = bytes.withUnsafeBufferPointer { JSONNumberValue.comparableValue(of: $0) }
    self = value.map { .comparable($0) } ?? .text(bytes)
  }

  /// The value, or nil if the text is not a number or not comparable.
  static func comparableValue(of text: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let decimal = Decimal(text) else { return nil }
    return decimal.comparableValue
  }
}

/// A decimal number: `mantissa` × 10^`exponent`, the mantissa without trailing zeros. With more than 19 significant digits
/// (a binary64 never needs more than 17), mantissa and exponent are meaningless.
struct Decimal: Equatable {
  private(set) var isNegative = false
  private(set) var mantissa: UInt64 = 0
  private(set) var exponent = 0
  /// Significant digits: 0 for zero, 20 for more than 19.
  private(set) var digits = 0

  /// Nil if the text is not a number by RFC 8259.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var position = 0
    if text.first == UInt8(ascii: "-") {
      isNegative = true
      position = 1
    }
    var zeros = 0
    var scale = 0
    let whole = position
    guard accumulate(text, &position, &zeros) > 0 else { return nil }
    guard text[whole] != UInt8(ascii: "0") || position == whole + 1 else { return nil }
    if position < text.count, text[position] == UInt8(ascii: ".") {
      position += 1
      scale = accumulate(text, &position, &zeros)
      guard scale > 0 else { return nil }
    }
    guard let written = Decimal.exponent(text, &position), position == text.count else { return nil }
    exponent = written - scale + zeros
  }

  /// Consumes a run of digits and returns its length; zeros that may be trailing are counted in `zeros`.
  private mutating func accumulate(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int, _ zeros: inout Int) -> Int
  {
    let start = position
    while position < text.count {
      let digit = text[position] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      position += 1
      if digit == 0 {
        if digits > 0 { zeros += 1 }
        continue
      }
      digits = min(digits + zeros + 1, 20)
      if digits <= 19 {
        for _ in 0..<zeros { mantissa *= 10 }
        mantissa = mantissa * 10 + UInt64(digit)
      }
      zeros = 0
    }
    return position - start
  }

  /// The exponent after the digits, 0 if absent, clamped to ±1,000,000; nil if it has no digits.
  private static func exponent(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Int? {
    guard position < text.count, text[position] | 0x20 == UInt8(ascii: "e") else { return 0 }
    position += 1
    var sign = 1
    if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
      sign = text[position] == UInt8(ascii: "-") ? -1 : 1
      position += 1
    }
    let start = position
    var value = 0
    while position < text.count, text[position] &- UInt8(ascii: "0") < 10 {
      value = min(value * 10 + Int(text[position] &- UInt8(ascii: "0")), 1_000_000)
      position += 1
    }
    return position > start ? sign * value : nil
  }
}

extension Decimal {
  /// The binary64 of this decimal, if this is its shortest decimal; for zeros the positive one.
  var comparableValue: Double? {
    if digits == 0 { return 0 }
    guard digits <= 17, let magnitude = comparableMagnitude else { return nil }
    return isNegative ? -magnitude : magnitude
  }

  private var comparableMagnitude: Double? {
    if digits <= 15, exponent >= -22, exponent <= 22 {
      // Mantissa and power are exact, so there is only one rounding (W. Clinger, 1990); and binary64 preserves 15 digits.
      let power = Decimal.powers[abs(exponent)]
      return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    }
    guard let value = Double("\(mantissa)e\(exponent)"), value.isFinite, value > 0 else { return nil }
    if digits <= 15, value > 1e-290 { return value }
    let shortest = value.description
    var copy = shortest
    guard let decimal = copy.withUTF8({ Decimal($0) }) else { return nil }
    let canonical = value.bitPattern < 2_048 && decimal.digits == 1 ? Decimal.twoDigits(of: value) : decimal
    return mantissa == canonical.mantissa && exponent == canonical.exponent ? value : nil
  }

  /// The two-digit decimal closest to a denormal for which one digit would suffice.
  private static func twoDigits(of value: Double) -> Decimal {
    var scaled = Double(value.bitPattern) * 49.406564584124654
    var exponent = -325
    while scaled >= 99.5 {
      scaled /= 10
      exponent += 1
    }
    return Decimal(mantissa: UInt64(scaled + 0.5), exponent: exponent)
  }

  private init(mantissa: UInt64, exponent: Int) {
    let endsInZero = mantissa.isMultiple(of: 10)
    self.mantissa = endsInZero ? mantissa / 10 : mantissa
    self.exponent = endsInZero ? exponent + 1 : exponent
    digits = self.mantissa < 10 ? 1 : 2
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]
}
