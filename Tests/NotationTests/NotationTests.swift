import Testing

@testable import Notation

@Suite struct NotationTests {
  @Test func `bytes are two small digits each, and are read in either case`() {
    #expect(Hexadecimal.text([0x00, 0x0F, 0xA5, 0xFF]) == "000fa5ff")
    #expect(Hexadecimal.bytes("000fA5Ff") == [0x00, 0x0F, 0xA5, 0xFF])
    #expect(Hexadecimal.bytes("") == [])
    for byte in UInt8.min...UInt8.max { #expect(Hexadecimal.bytes(Hexadecimal.text([byte])) == [byte]) }
  }

  @Test(arguments: ["0", "000", "0g", " 0", "+1", "0x00", "\u{0660}\u{0661}", "00 "])
  func `anything but pairs of hexadecimal digits isn't read`(text: String) {
    #expect(Hexadecimal.bytes(text) == nil)
  }

  @Test func `only unreserved characters stay in a part of a URL`() {
    #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
    #expect(PercentEncoding.encode("a b/ü?%\n") == "a%20b%2F%C3%BC%3F%25%0A")
    #expect(PercentEncoding.encode("a b", keeping: { $0 != UInt8(ascii: "a") }) == "%61 b")
  }

  @Test func `an address block masks the bits of the host`() throws {
    let block = try AddressBlock("10.1.2.3/8")
    #expect(block == AddressBlock(around: IPAddress(v4: 0x0A00_0000), bits: 8))
    #expect(block.contains(IPAddress(v4: 0x0AFF_FFFF)) && !block.contains(IPAddress(v4: 0x0B00_0000)))
    #expect(!block.contains(IPAddress(v6: 0x0A00_0000)))
    #expect("\(block.first)" == "10.0.0.0")
    #expect("\(try AddressBlock("2001:db8::1/32").first)" == "2001:db8::")
    #expect(try AddressBlock("::ffff:10.0.0.0/104".replacing("10.0.0.0", with: "a00:0")) == block)
  }
}
