import Glibc

/// An IP address as bits that can be compared with ranges. Pure.
struct NetworkAddress: Hashable, Sendable {
  /// IPv4 uses the low 32 bits.
  let bits: UInt128
  let isIPv4: Bool

  init(ipv4 bits: UInt32) {
    self.bits = UInt128(bits)
    isIPv4 = true
  }

  init(ipv6 bits: UInt128) {
    self.bits = bits
    isIPv4 = false
  }

  /// An address as written in a URL or in `no_proxy`: IPv6 with or without brackets and zone, IPv4 in every notation that the
  /// C library connects to (`127.1`, `0x7f000001`), with an optional final dot. Nil for a name.
  init?(literal text: String) {
    var text = text[...]
    if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
    if text.hasSuffix(".") { text = text.dropLast() }
    var (short, long) = (in_addr(), in6_addr())
    if inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &long) == 1 {
      self.init(ipv6: withUnsafeBytes(of: long) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
    } else if !text.contains(" "), inet_aton(String(text), &short) == 1 {
      self.init(ipv4: UInt32(bigEndian: short.s_addr))
    } else {
      return nil
    }
  }

  /// Nil if the family is neither IPv4 nor IPv6.
  init?(_ address: UnsafePointer<sockaddr>) {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      self.init(ipv4: UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
    case AF_INET6:
      let long = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      self.init(ipv6: withUnsafeBytes(of: long) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
    default: return nil
    }
  }

  /// The IPv4 address that packets to this IPv6 address may reach: IPv4-mapped and -compatible (RFC 4291, 2.5.5), NAT64
  /// (RFC 6052; RFC 8215 with its /96), 6to4 (RFC 3056).
  var embedded: NetworkAddress? {
    guard !isIPv4 else { return nil }
    let low = NetworkAddress(ipv4: UInt32(truncatingIfNeeded: bits))
    switch bits >> 32 {
    case 0: return bits > 1 ? low : nil
    case 0xFFFF, 0x0064_FF9B << 64: return low
    default: break
    }
    if bits >> 80 == 0x0064_FF9B_0001 { return low }
    return bits >> 112 == 0x2002 ? NetworkAddress(ipv4: UInt32(truncatingIfNeeded: bits >> 80)) : nil
  }
}

extension NetworkAddress: CustomStringConvertible {
  var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    if isIPv4 {
      var short = in_addr(s_addr: UInt32(truncatingIfNeeded: bits).bigEndian)
      inet_ntop(AF_INET, &short, &text, socklen_t(text.count))
    } else {
      var bytes = bits.bigEndian
      inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// A block of addresses such as `10.0.0.0/8`.
struct AddressRange: Hashable, Sendable {
  private let first: UInt128
  private let mask: UInt128
  private let isIPv4: Bool

  /// `ADDRESS/BITS`, or a single address. Nil for anything else.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let start = parts.first, let address = NetworkAddress(literal: String(start)) else { return nil }
    let width = address.isIPv4 ? 32 : 128
    guard let length = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(length) else { return nil }
    isIPv4 = address.isIPv4
    mask = ~UInt128(0) << UInt128(width - length)
    first = address.bits & mask
  }

  func contains(_ address: NetworkAddress) -> Bool {
    address.isIPv4 == isIPv4 && address.bits & mask == first
  }
}
