internal import Glibc

/// An IPv4 or IPv6 address in the top bits of 128.
package struct IPAddress: Hashable, Sendable, BitwiseCopyable {
  package let isV6: Bool
  package let high: UInt64
  package let low: UInt64

  package init(v4 bits: UInt32) {
    self.init(isV6: false, high: UInt64(bits) << 32, low: 0)
  }

  package init(v6 bits: UInt128) {
    self.init(isV6: true, high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
  }

  /// Reads `10.0.0.1` (leading zeros are decimal) and `2001:db8::1`. Nil for anything else, including a zone or dots inside IPv6.
  /// An IPv4 address mapped into IPv6 (`::ffff:a00:1`) becomes the IPv4 address.
  package init?(_ text: UnsafeBufferPointer<UInt8>) {
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
    guard let (before, behind) = IPAddress.groups(text) else { return nil }
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

extension IPAddress {
  /// The address with only its first `bits` bits.
  package func masked(_ bits: Int) -> IPAddress {
    let highMask = bits >= 64 ? UInt64.max : ~(UInt64.max >> UInt64(bits))
    let lowMask = bits >= 128 ? UInt64.max : bits <= 64 ? 0 : ~(UInt64.max >> UInt64(bits - 64))
    return IPAddress(isV6: isV6, high: high & highMask, low: low & lowMask)
  }
}

extension IPAddress: CustomStringConvertible {
  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    if isV6 {
      var bytes = (high.bigEndian, low.bigEndian)
      inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
    } else {
      var short = in_addr(s_addr: UInt32(high >> 32).bigEndian)
      inet_ntop(AF_INET, &short, &text, socklen_t(text.count))
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
