/// An IPv4 or IPv6 address in the top bits of 128.
struct Address: Hashable, Sendable, BitwiseCopyable {
  let isV6: Bool
  let high: UInt64
  let low: UInt64

  /// Reads `10.0.0.1` (leading zeros are decimal) and `2001:db8::1`. Nil for anything else, including a zone or dots inside IPv6.
  /// An IPv4 address mapped into IPv6 (`::ffff:a00:1`) becomes the IPv4 address.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard let first = text.first, text.count <= 45 else { return nil }
    if first == UInt8(ascii: ":") || text.prefix(5).contains(UInt8(ascii: ":")) || text.count > 15 {
      self.init(v6: text)
    } else {
      self.init(v4: text)
    }
  }

  private init(isV6: Bool, high: UInt64, low: UInt64) {
    self.isV6 = isV6
    self.high = high
    self.low = low
  }

  private init?(v4 text: UnsafeBufferPointer<UInt8>) {
    var address: UInt64 = 0
    var part: UInt64 = 0
    var dots = 0
    var hasDigit = false
    for byte in text {
      if byte == UInt8(ascii: ".") {
        guard hasDigit, dots < 3 else { return nil }
        address = address << 8 | part
        part = 0
        dots += 1
        hasDigit = false
      } else {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        part = part * 10 + UInt64(digit)
        guard part < 256 else { return nil }
        hasDigit = true
      }
    }
    guard hasDigit, dots == 3 else { return nil }
    self.init(isV6: false, high: (address << 8 | part) << 32, low: 0)
  }

  private init?(v6 text: UnsafeBufferPointer<UInt8>) {
    guard let (before, behind) = Address.groups(text) else { return nil }
    let given = before.count + (behind?.count ?? 0)
    guard behind == nil ? given == 8 : given <= 7 else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for index in 0..<8 {
      let fromEnd = index - (8 - (behind?.count ?? 0))
      let group = index < before.count ? before[index] : fromEnd >= 0 ? behind?[fromEnd] ?? 0 : 0
      if index < 4 { high = high << 16 | group } else { low = low << 16 | group }
    }
    if high == 0, low >> 32 == 0xFFFF {
      self.init(isV6: false, high: low << 32, low: 0)
    } else {
      self.init(isV6: true, high: high, low: low)
    }
  }

  /// The groups before and after `::`; the latter is nil without a `::`.
  private static func groups(_ text: UnsafeBufferPointer<UInt8>) -> (before: GroupList, behind: GroupList?)? {
    var before = GroupList()
    var behind: GroupList?
    var position = 0
    if text.count >= 2, text[0] == UInt8(ascii: ":"), text[1] == UInt8(ascii: ":") {
      behind = GroupList()
      position = 2
    }
    while position < text.count {
      guard let group = group(text, &position) else { return nil }
      guard behind?.append(group) ?? before.append(group) else { return nil }
      guard position < text.count else { break }
      // A colon, followed by a group or a second colon.
      position += 1
      guard position < text.count else { return nil }
      if text[position] == UInt8(ascii: ":") {
        guard behind == nil else { return nil }
        behind = GroupList()
        position += 1
      }
    }
    return (before, behind)
  }

  /// One group of hexadecimal digits up to a colon or the end.
  private static func group(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    let start = position
    while position < text.count, text[position] != UInt8(ascii: ":") {
      let byte = text[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      value = value << 4 | UInt64(digit)
      guard value <= 0xFFFF else { return nil }
      position += 1
    }
    return position > start ? value : nil
  }
}

/// Up to eight groups of an IPv6 address, without heap memory.
private struct GroupList {
  private var groups = SIMD8<UInt16>()
  private(set) var count = 0

  mutating func append(_ group: UInt64) -> Bool {
    guard count < 8 else { return false }
    groups[count] = UInt16(truncatingIfNeeded: group)
    count += 1
    return true
  }

  subscript(index: Int) -> UInt64 {
    UInt64(groups[index])
  }
}

/// All addresses that share their first `bits` bits.
struct Network: Hashable, Sendable, BitwiseCopyable {
  let first: Address
  let bits: Int

  enum Mistake: Error {
    case noSlash
    case address
    case bits(allowed: Int)
  }

  /// The network of a single address.
  init(only address: Address) {
    first = address
    bits = address.isV6 ? 128 : 32
  }

  /// `10.0.0.0/8`; host bits are masked off.
  init(_ text: String) throws(Mistake) {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .noSlash }
    guard let address = Array(parts[0]).withUnsafeBufferPointer({ Address($0) }) else { throw .address }
    // For an IPv4 address written as IPv6, the length includes the 96 bits before it.
    let isMapped = !address.isV6 && parts[0].contains(UInt8(ascii: ":"))
    let allowed = address.isV6 || isMapped ? 128 : 32
    let digits = parts[1]
    let isDecimal = !digits.isEmpty && digits.count <= 3 && digits.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    guard isDecimal, let bits = Int(String(decoding: digits, as: UTF8.self)), bits <= allowed else {
      throw .bits(allowed: allowed)
    }
    guard !isMapped || bits >= 96 else { throw .bits(allowed: allowed) }
    self.bits = isMapped ? bits - 96 : bits
    first = address.masked(self.bits)
  }

  @inline(__always)
  func contains(_ address: Address) -> Bool {
    address.isV6 == first.isV6 && address.masked(bits) == first
  }
}

extension Address {
  /// The address with only its first `bits` bits.
  func masked(_ bits: Int) -> Address {
    let highMask = bits >= 64 ? UInt64.max : ~(UInt64.max >> UInt64(bits))
    let lowMask = bits >= 128 ? UInt64.max : bits <= 64 ? 0 : ~(UInt64.max >> UInt64(bits - 64))
    return Address(isV6: isV6, high: high & highMask, low: low & lowMask)
  }
}
