import FoundationEssentials
import Testing

@testable import Secrets

/// A secret is found in whichever spelling somebody writes it back.
struct SpellingTests {
  @Test(arguments: [
    #"s3cr3t&"key"/x"#, #"s3cr3t\u0026\"key\"/x"#, #"s3cr3t\u0026\"key\"\/x"#,
    #"\u0073\u0033cr3t\u0026\u0022key\u0022/x"#,
    "s3cr3t%26%22key%22%2Fx", "s3cr3t%26%22key%22%2fx", "%733cr3t%26%22key%22/x", "s3cr3t&amp;&quot;key&quot;/x",
    "s3cr3t&#38;&#x22;key&#34;&#x2F;x", #"s3cr3t\\u0026\\\"key\\\"/x"#, "s3cr3t%2526%2522key%2522%252Fx",
    "s3cr3t&amp;amp;&amp;quot;key&quot;/x", #"s3cr3t\x26\x22key\x22/x"#, "73336372337426226b6579222f78",
  ])
  func `a spelling is struck out whole`(_ spelling: String) {
    let redactor = Redactor()
    redactor.add(#"s3cr3t&"key"/x"#)
    #expect(redactor.redact("<\(spelling)>") == "<•••>")
  }

  @Test func `a secret that holds escapes itself is found in every spelling, too`() {
    for secret in [#"tok"en\with-quotes"#, #"a\u0041%41&amp;b-tail"#, #"100%25\\x&#38;"#] {
      let redactor = Redactor()
      redactor.add(secret)
      for spelling in [
        secret, Self.json(secret), Self.percent(secret), Self.html(secret), Self.json(Self.json(secret)),
      ] {
        #expect(redactor.redact("x \(spelling) y") == "x ••• y", "\(secret) as \(spelling)")
      }
    }
  }

  @Test func `a secret in hexadecimal digits is found in the other case`() {
    let redactor = Redactor()
    redactor.add("deadBEEF0123")
    #expect(redactor.redact("DEADBEEF0123 deadbeef0123") == "••• •••")
  }

  @Test func `text without a secret stays as it is, whatever escapes it holds`() {
    let redactor = Redactor()
    redactor.add("s3cret-key")
    for text in ["%", "\\", "&", "%zz &; &#; &#x; &#99999999999; \\u \\ud800 \\ud800\\u0041 %e", "", "\\u00"] {
      #expect(redactor.redact(text) == text)
    }
  }

  /// Random secrets, encoded at random, up to twice, in the midst of random text.
  @Test func `whatever the secret and its encoding, nothing of it is left`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Seeded(state: seed)
    for _ in 0..<500 {
      let secret = Self.word(Int.random(in: 6...60, using: &random), Self.alphabet, &random)
      // A short secret that reads like an escape, such as `~\%b1Y'`, is found as written only: unescaped it is too short to search.
      guard Unescaped.completely(Array(secret.utf8)).count >= Redactor.shortest else { continue }
      let redactor = Redactor()
      redactor.add(secret)
      for _ in 0..<Int.random(in: 0...5, using: &random) { redactor.add(Self.word(12, Self.alphabet, &random)) }
      let encodings = Self.encodings(&random)
      let first = try #require(encodings.randomElement(using: &random))
      var text = first.encode(secret)
      var name = first.name
      if Bool.random(using: &random), let second = encodings.prefix(5).randomElement(using: &random) {
        text = second.encode(text)
        name += ", \(second.name)"
      }
      // A secret that ends in `%4` is not found where a digit follows: then it is another text.
      let around = ["", " "].map {
        $0 + Self.word(Int.random(in: 0...40, using: &random), Array("abc {}:,\n<>="), &random)
      }
      let shown = redactor.redact(around[0] + text + around[1])
      let left = shown.utf8.count - around[0].utf8.count - around[1].utf8.count - "•••".utf8.count
      // Base64 has digits at both ends that other bytes decide as well, and they may be encoded in their turn.
      // At most four at each end, and `\u0041` is the longest that becomes of one.
      let isClean = name.contains("base64") ? left <= 8 * 6 : left == 0
      #expect(
        isClean && shown.hasPrefix(around[0]) && shown.hasSuffix(around[1]) && shown.contains("•••"),
        "seed \(seed): \(secret.debugDescription) as \(name): \(text) → \(shown)")
    }
  }

  private static let alphabet = Array("abcXYZ0189-_.~+/=\"\\&<>%'#; é€😀")

  private static func word(_ count: Int, _ alphabet: [Character], _ random: inout Seeded) -> String {
    String((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
  }

  private struct Encoding {
    let name: String
    let encode: (String) -> String
  }

  private static func encodings(_ random: inout Seeded) -> [Encoding] {
    let padding = String(repeating: "p", count: Int.random(in: 0...2, using: &random))
    let tail = String(repeating: "t", count: Int.random(in: 0...3, using: &random))
    let (seed, upper) = (random.next(), Bool.random(using: &random))
    func base64(_ text: String) -> String { Data((padding + text + tail).utf8).base64EncodedString() }
    return [
      Encoding(name: "as it is") { $0 }, Encoding(name: "JSON", encode: json),
      Encoding(name: "percent", encode: percent),
      Encoding(name: "HTML", encode: html),
      Encoding(name: "\\u") { text in
        var random = Seeded(state: seed)
        return text.utf16.map { unit in
          guard unit > 0x7E || unit == 0x22 || unit == 0x5C || Bool.random(using: &random) else {
            return String(UnicodeScalar(UInt8(unit)))
          }
          let digits = String(unit, radix: 16, uppercase: upper)
          return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
      },
      Encoding(name: "base64", encode: base64),
      Encoding(name: "base64url") { base64($0).replacing("+", with: "-").replacing("/", with: "_") },
      Encoding(name: "hexadecimal") { text in
        text.utf8.map { byte in
          let digits = String(byte, radix: 16, uppercase: upper)
          return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
      },
    ]
  }

  private static func json(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func html(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }

  private static func percent(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0\(digits)" : digits)
    }.joined()
  }
}

/// SplitMix64: the same numbers for the same seed.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
