import HTTPSyntax
import Testing

@Suite struct HeaderTests {
  /// RFC 9110, 5.6.2.
  private static let marks = "!#$%&'*+-.^_`|~"

  @Test func `a token has letters, digits and fifteen marks, and nothing else`() {
    for byte in UInt8.min...127 {
      let character = Character(UnicodeScalar(byte))
      let isFit = character.isLetter || character.isNumber || Self.marks.contains(character)
      #expect(HTTPHeader.isToken("a\(character)b") == isFit, "\(byte)")
    }
    #expect(!HTTPHeader.isToken(""))
    #expect(!HTTPHeader.isToken("é"))
  }

  @Test func `a value has no control characters but the tab`() {
    for byte in UInt8.min...127 {
      let isFit = byte == 9 || (byte >= 32 && byte != 127)
      #expect(HTTPHeader.isValue("a\(Character(UnicodeScalar(byte)))") == isFit, "\(byte)")
    }
    #expect(HTTPHeader.isValue("") && HTTPHeader.isValue("é…"))
  }
}
