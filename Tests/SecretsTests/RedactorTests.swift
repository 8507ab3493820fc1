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
    #expect(redactor("abcd", "abcdefgh").redact("abcdefgh abcd") == "••• •••")
    #expect(redactor("abcdefgh", "abcd").redact("abcdefgh abcd") == "••• •••")
  }

  @Test func `secrets that overlap are struck out as one, so that nothing of either is left`() {
    #expect(redactor("abcd", "cdefghijkl").redact("xabcdefghijkly") == "x•••y")
    #expect(redactor("s3cret", "3cre").redact("s3crets3cret") == "••••••")
  }

  @Test func `ten thousand secrets are found in one pass`() {
    let redactor = Redactor()
    for index in 0..<10_000 { redactor.add("secret-\(index)-end") }
    let text = (0..<10_000).map { "secret-\($0)-end" }.joined(separator: ", ")
    #expect(redactor.redact(text) == Array(repeating: "•••", count: 10_000).joined(separator: ", "))
  }

  @Test func `a secret of less than four bytes is left, for it would ruin every text`() {
    #expect(redactor("", "1", "abc", "é").redact("1 abc é") == "1 abc é")
    #expect(redactor("éé").redact("éé") == "•••")
  }

  @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20E3}", "\n", "\u{1F3FD}"])
  func `a character that joins its neighbour does not hide a secret`(joiner: String) {
    let shown = redactor("s3cret\r").redact("got s3cret\r\(joiner) and \(joiner)s3cret\r")
    #expect(!shown.unicodeScalars.map(String.init).joined(separator: "|").contains("s|3|c|r|e|t"), "\(shown)")
    let plain = redactor("s3cret9").redact("s3cret9\(joiner)")
    #expect(!Array(plain.utf8).starts(with: Array("s3cret9".utf8)), "\(plain)")
  }

  @Test func `everything of a URL behind its host counts as a secret`() {
    let redactor = Redactor()
    redactor.addPath(ofURL: "https://hooks.slack.com/services/T0/B0/xyz")
    redactor.addPath(ofURL: "https://x.example?token=abcdef")
    #expect(
      redactor.redact("POST https://hooks.slack.com/services/T0/B0/xyz: no") == "POST https://hooks.slack.com•••: no")
    #expect(redactor.redact("no such path: services/T0/B0/xyz") == "no such path: •••")
    #expect(redactor.redact("https://x.example?token=abcdef") == "https://x.example•••")
  }

  @Test(arguments: ["https://x.example", "https://x.example/", "https://x.example/abc", "no url", "", "://"])
  func `a URL without a path that could be one adds nothing`(url: String) {
    let redactor = Redactor()
    redactor.addPath(ofURL: url)
    #expect(redactor.redact("https://x.example/abc / : \(url)") == "https://x.example/abc / : \(url)")
  }
}
