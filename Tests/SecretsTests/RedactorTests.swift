import Testing

@testable import Secrets

struct RedactorTests {
  private func redactor(_ secrets: String...) -> Redactor {
    let redactor = Redactor()
    for secret in secrets { redactor.add(secret) }
    return redactor
  }

  @Test func `a secret is struck out wherever it stands, each time`() {
    let redactor = redactor("s3cret")
    #expect(redactor.redact("s3cret=s3cret, xs3crety; s3cre t") == "•••=•••, x•••y; s3cre t")
    #expect(redactor.redact("") == "")
  }

  @Test func `the longest goes first, whatever was added first`() {
    #expect(redactor("abcdef", "abcdefgh").redact("abcdefgh abcdef") == "••• •••")
    #expect(redactor("abcdefgh", "abcdef").redact("abcdefgh abcdef") == "••• •••")
  }

  @Test func `secrets that overlap are struck out as one, so that nothing of either is left`() {
    #expect(redactor("abcdef", "cdefghijkl").redact("xabcdefghijkly") == "x•••y")
    #expect(redactor("s3cret!", "3cret!").redact("s3cret!s3cret!") == "••••••")
  }

  @Test func `ten thousand secrets are found in one pass`() {
    let redactor = Redactor()
    for index in 0..<10_000 { redactor.add("secret-\(index)-end") }
    let text = (0..<10_000).map { "secret-\($0)-end" }.joined(separator: ", ")
    #expect(redactor.redact(text) == Array(repeating: "•••", count: 10_000).joined(separator: ", "))
  }

  @Test func `a secret of less than six bytes is left, for it would ruin every text`() {
    #expect(redactor("", "1", "abcde", "éé").redact("1 abcde éé") == "1 abcde éé")
    #expect(redactor("ééé").redact("ééé") == "•••")
  }

  @Test func `a part of a text shows nothing of a secret that its end cuts in two`() {
    let text = Array("one s3cret-token two".utf8)
    for end in 5..<16 { #expect(redactor("s3cret-token").redact(0..<end, of: text) == "one •••") }
    for start in 5..<16 { #expect(redactor("s3cret-token").redact(start..<20, of: text) == "••• two") }
    #expect(redactor("s3cret-token").redact(0..<3, of: text) == "one")
    #expect(redactor("s3cret-token").redact(16..<20, of: text) == " two")
  }

  @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20E3}", "\n", "\u{1F3FD}"])
  func `a character that joins its neighbour does not hide a secret`(joiner: String) {
    let shown = redactor("s3cret\r").redact("got s3cret\r\(joiner) and \(joiner)s3cret\r")
    #expect(!shown.unicodeScalars.map(String.init).joined(separator: "|").contains("s|3|c|r|e|t"), "\(shown)")
    let plain = redactor("s3cret9").redact("s3cret9\(joiner)")
    #expect(!Array(plain.utf8).starts(with: Array("s3cret9".utf8)), "\(plain)")
  }
}
