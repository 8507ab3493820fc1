/// The spellings in which a secret is searched.
///
/// Escapes (``Unescaped``) have unlimited variants, because each character may be escaped or not. So the text is unescaped
/// before the search, and a secret that contains escapes is searched in its unescaped form, too. Encodings that change every
/// byte are few and are searched directly.
enum SecretSpellings {
  static func all(of secret: String) -> Set<[UInt8]> {
    let bytes = Array(secret.utf8)
    var found: Set<[UInt8]> = [bytes, Unescaped.completely(bytes)]
    if bytes.contains(0x20) { found.insert(bytes.map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }) }
    for skipped in 0...2 {
      let base64 = Base64.core(of: bytes, after: skipped)
      found.insert(base64)
      found.insert(
        base64.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 })
    }
    for letters in [UInt8(ascii: "a"), UInt8(ascii: "A")] {
      found.insert(bytes.flatMap { [hexadecimal($0 >> 4, letters), hexadecimal($0 & 15, letters)] })
    }
    // A secret of hexadecimal digits means the same in the other case.
    if bytes.allSatisfy(isHexadecimal) {
      found.formUnion([Array(secret.lowercased().utf8), Array(secret.uppercased().utf8)])
    }
    return found.filter { $0.count >= Redactor.shortest }
  }

  private static func hexadecimal(_ value: UInt8, _ letters: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : letters + value - 10
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool { Unescaped.digit(byte, radix: 16) != nil }
}
