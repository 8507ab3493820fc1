/// All addresses that share their first `bits` bits.
package struct AddressBlock: Hashable, Sendable, BitwiseCopyable {
  /// The lowest address.
  package let first: IPAddress
  package let bits: Int

  package enum Mistake: Error {
    case noSlash
    case address
    case bits(allowed: Int)
  }

  /// A single address.
  package init(only address: IPAddress) {
    first = address
    bits = address.isV6 ? 128 : 32
  }

  /// - Parameter bits: 0 to 32, or 0 to 128 for IPv6.
  package init(around address: IPAddress, bits: Int) {
    first = address.masked(bits)
    self.bits = bits
  }

  /// `10.0.0.0/8`; host bits are masked off.
  package init(_ text: String) throws(Mistake) {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .noSlash }
    guard let address = Array(parts[0]).withUnsafeBufferPointer({ IPAddress($0) }) else { throw .address }
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

  package func contains(_ address: IPAddress) -> Bool {
    address.isV6 == first.isV6 && address.masked(bits) == first
  }
}
