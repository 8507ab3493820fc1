import Testing

@testable import Secrets

/// No ordinary way of printing gives a secret away.
struct SecretTests {
  private struct Holder {
    let name = "holder"
    let secret: Secret
    let more: [String: Secret]
  }

  @Test func `a secret is never printed`() {
    let secret = Secret("s3cret")
    var dumped = ""
    dump(secret, to: &dumped)
    let shown = [
      "\(secret)", String(describing: secret), String(reflecting: secret), dumped, "\(Optional(secret) as Any)",
    ]
    for text in shown {
      #expect(!text.contains("s3cret"), "\(text)")
      #expect(text.contains("•••"))
    }
    #expect(Mirror(reflecting: secret).children.isEmpty)
    #expect(secret.revealed == "s3cret")
  }

  @Test func `nor inside of another value`() {
    let holder = Holder(secret: Secret("s3cret"), more: ["key": Secret("s3cret")])
    var dumped = ""
    dump(holder, to: &dumped)
    for text in ["\(holder)", String(reflecting: holder), "\([holder])", dumped] {
      #expect(!text.contains("s3cret"), "\(text)")
      #expect(text.contains("holder"))
    }
  }

  @Test func `a signing key is base64 with or without its prefix, and never printed`() throws {
    let base64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
    let key = try SigningKey(Secret("whsec_\(base64)"))
    #expect(key.bytes == Array("0123456789abcdef01234567".utf8))
    #expect(try SigningKey(Secret(base64)).bytes == key.bytes)
    #expect("\(key)" == "•••")
    var dumped = ""
    dump(key, to: &dumped)
    #expect(!dumped.contains("48"), "\(dumped)")
    #expect(!String(reflecting: key).contains("48"))
  }

  @Test(arguments: ["", "whsec_", "whsec_not base64!", "MDEyMzQ1", "MDEyMzQ1Njc4OWFiY2Rl"])
  func `a signing secret that is none is refused without being shown`(text: String) throws {
    let error = try #require(throws: SigningKeyError.self) { try SigningKey(Secret(text)) }
    #expect(text.isEmpty || !error.description.contains(text))
    #expect(error.description.hasPrefix("the signing secret "))
  }
}
