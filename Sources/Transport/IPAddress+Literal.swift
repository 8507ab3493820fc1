import Glibc
internal import Notation

/// Addresses as libcurl and URLs have them. The strict notation of event patterns is another one: this one accepts whatever
/// would be connected to.
extension IPAddress {
  /// An address as written in a URL or in `no_proxy`: IPv6 with or without brackets and zone, IPv4 in every notation that the
  /// C library connects to (`127.1`, `0x7f000001`), with an optional final dot. Nil for a name.
  init?(literal text: String) {
    var text = text[...]
    if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
    if text.hasSuffix(".") { text = text.dropLast() }
    var (short, long) = (in_addr(), in6_addr())
    if inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &long) == 1 {
      self.init(v6: withUnsafeBytes(of: long) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
    } else if !text.contains(" "), inet_aton(String(text), &short) == 1 {
      self.init(v4: UInt32(bigEndian: short.s_addr))
    } else {
      return nil
    }
  }

  /// Nil if the family is neither IPv4 nor IPv6.
  init?(_ address: UnsafePointer<sockaddr>) {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      self.init(v4: UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
    case AF_INET6:
      let long = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      self.init(v6: withUnsafeBytes(of: long) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
    default: return nil
    }
  }

  /// The IPv4 address that packets to this IPv6 address may reach: IPv4-mapped and -compatible (RFC 4291, 2.5.5), NAT64
  /// (RFC 6052; RFC 8215 with its /96), 6to4 (RFC 3056).
  var embedded: IPAddress? {
    guard isV6 else { return nil }
    let bits = UInt128(high) << 64 | UInt128(self.low)
    let low = IPAddress(v4: UInt32(truncatingIfNeeded: bits))
    switch bits >> 32 {
    case 0: return bits > 1 ? low : nil
    case 0xFFFF, 0x0064_FF9B << 64: return low
    default: break
    }
    if bits >> 80 == 0x0064_FF9B_0001 { return low }
    return bits >> 112 == 0x2002 ? IPAddress(v4: UInt32(truncatingIfNeeded: bits >> 80)) : nil
  }
}

extension AddressBlock {
  /// `ADDRESS/BITS`, or a single address. Nil for anything else.
  init?(literal text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let start = parts.first, let address = IPAddress(literal: String(start)) else { return nil }
    let width = address.isV6 ? 128 : 32
    guard let length = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(length) else { return nil }
    self.init(around: address, bits: length)
  }
}
