import CCurl
import HTTPSyntax
import JSONSource
import Rules
import Secrets
import TestSupport
import Testing

@testable import Transport

/// What `check` lets pass can be sent. libcurl's own parser is the judge; whatever a URL or header is made of.
struct AgreementTests {
  private static let urls = Effort.isThorough ? 4_000 : 300
  private static let headers = Effort.isThorough ? 2_000 : 150

  @Test(arguments: [20_261_127, 7, UInt64.random(in: 0...UInt64.max)])
  func `the checker, the sender and libcurl agree about random URLs`(seed: UInt64) throws {
    var random = RandomSyntax(seed: seed)
    var accepted = 0
    for _ in 0..<Self.urls {
      let url = random.url()
      let isSendable = sends(HTTPRequest("POST", url))
      #expect(isSendable == libcurlTakes(url), "\(url.debugDescription), seed \(seed)")
      let isFine = try checks(url: url)
      #expect(isFine == (isSendable && !isOurs(url)), "\(url.debugDescription), seed \(seed)")
      accepted += isFine ? 1 : 0
    }
    #expect(accepted > Self.urls / 10 && accepted < Self.urls * 9 / 10, "\(accepted), seed \(seed)")
  }

  @Test(arguments: [20_261_127, 8, UInt64.random(in: 0...UInt64.max)])
  func `the checker and the sender agree about random headers`(seed: UInt64) throws {
    let ours = ["host", "webhook-id", "webhook-timestamp", "webhook-signature"]
    var random = RandomSyntax(seed: seed)
    var accepted = 0
    for _ in 0..<Self.headers {
      let (name, value) = random.header()
      let isSendable = sends(HTTPRequest("POST", "https://x.example/", headers: [(name, value)]))
      let isFine = try checks(header: name, value)
      let isOurs = ours.contains(name.lowercased()) || value.isEmpty || value.contains("\t")
      #expect(isFine == (isSendable && !isOurs), "\(name.debugDescription): \(value.debugDescription), seed \(seed)")
      accepted += isFine ? 1 : 0
    }
    #expect(accepted > Self.headers / 10 && accepted < Self.headers * 9 / 10, "\(accepted), seed \(seed)")
  }

  @Test(arguments: [
    ("http://h:99999/", "has an invalid port: ports are 1 to 65535"),
    ("http://h:abc/", "has an invalid port: ports are 1 to 65535"),
    ("http://h:0/", "has an invalid port: ports are 1 to 65535"),
    ("http://[::1/", "has an invalid host"), ("http://exam%20ple/", "has an invalid host"),
    ("http://", "has no host"), ("https://x.example/{{runId}}", "holds a template, and templates are for messages"),
  ])
  func `what is wrong is told by the value of a reference, and the value isn't shown`(url: String, problem: String)
    throws
  {
    let (_, diagnostics) = read(#""url": "${env:URL}""#, ["URL": url])
    #expect(diagnostics.map(\.message) == ["destinations.d.url \(problem)"])
    #expect(diagnostics.allSatisfy { !"\($0.message) \($0.hint ?? "")".contains(url) })
  }

  /// Refused by the checker alone, each with its reason.
  private func isOurs(_ url: String) -> Bool {
    let lower = url.lowercased()
    guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix) else { return true }
    let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    return !url.utf8.allSatisfy { $0 < 0x7F } || authority.contains("@") || authority.isEmpty
      || authority.hasPrefix(":")
      || url.contains("{{")
  }

  private func sends(_ request: HTTPRequest) -> Bool {
    (try? CheckedRequest(request, userAgent: nil, urls: URLMemory())) != nil
  }

  private func libcurlTakes(_ url: String) -> Bool {
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let parser = curl_url() else { return false }
    defer { curl_url_cleanup(parser) }
    let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE)
    guard curl_url_set(parser, CURLUPART_URL, url, flags) == CURLUE_OK else { return false }
    func part(_ part: CURLUPart) -> String {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(parser, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return "" }
      defer { curl_free(text) }
      return String(cString: text)
    }
    return ["http", "https"].contains(part(CURLUPART_SCHEME).lowercased()) && part(CURLUPART_HOST) != ""
      && !["", "0"].contains(part(CURLUPART_PORT))
  }

  private func checks(url: String) throws -> Bool {
    read(#""url": "${env:URL}""#, ["URL": url]).isFine
  }

  private func checks(header name: String, _ value: String) throws -> Bool {
    let headers = JSONWriter.object { $0.member(name, "${env:VALUE}") }
    return read(
      #""url": "https://x.example/", "headers": \#(String(decoding: headers, as: UTF8.self))"#, ["VALUE": value]
    ).isFine
  }

  private func read(_ members: String, _ variables: [String: String]) -> (isFine: Bool, [Diagnostic]) {
    let text = #"""
      {"version": 1, "destinations": {"d": {"type": "webhook", \#(members)}},
       "rules": [{"name": "r", "actions": [{"send": "d"}]}]}
      """#
    let (file, diagnostics) = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: variables))
    return (file != nil, diagnostics)
  }
}

/// URLs and headers that are nearly right.
struct RandomSyntax {
  private var random: SeededGenerator

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  private mutating func one(of choices: [String]) -> String {
    choices.randomElement(using: &random) ?? ""
  }

  mutating func url() -> String {
    var url = one(
      of: ["https://", "http://", "HTTP://", "https:/", "ftp://", "://", "", "https:///"].withUsual("https://", 12))
    url += one(of: ["u@", "u:p@", "@", ":@", "u%40@"].withUsual("", 20))
    url += one(
      of: [
        "x.example", "X.example", "127.0.0.1", "1.2.3", "[::1]", "[::1", "::1", "[fe80::1%25eth0]", "[zz]", "[]",
        "exam%20ple",
        "ex%41mple", "exam ple", "ex_ample", "-x-", "a..b", ".", "", "h\\x", "h^", "h|", "h<", "h\"", "h`", "h{x}",
        "b\u{FC}cher.example",
        "%", "%zz", "x%00y", "0x7f.1", "localhost.", "h!", "h$1", "h;", "h*",
      ].withUsual("x.example", 15))
    url += one(
      of: [":80", ":", ":0", ":00", ":65535", ":65536", ":99999", ":abc", ":-1", ":8a", ":80:81", ":\u{661}"].withUsual(
        "", 15))
    url += one(
      of: [
        "/", "", "/a/b", "//", "/../..", "/%zz", "/a%20b", "/{{runId}}", "/{x}", "/\u{E9}", "\\", "/a\tb", "/a b",
        "/\u{1}",
      ].withUsual("/a", 10))
    url += one(of: ["", "?", "?a=b&c", "?a={{x}}", "?<>\"", "#", "#frag", "?#?", "#a#b"].withUsual("", 5))
    if Int.random(in: 0..<6, using: &random) == 0 { url = mutated(url) }
    return url.isEmpty ? "x" : url
  }

  mutating func header() -> (name: String, value: String) {
    var name = one(
      of: [
        "X-Run", "Authorization", "Content-Type", "content-length", "Transfer-Encoding", "EXPECT", "Host", "Webhook-Id",
        "X Y", "X:Y", "", "\u{DC}", "x!#$%&'*+-.^_`|~", "X;", "a\r\nb", "x\u{301}", "User-Agent", "(x)",
      ].withUsual("X-Name", 10))
    var value = one(
      of: [
        "Bearer token", " ", "  ", "a\nb", "a\rb", "a\r\nX-Injected: 1", "a\tb", "\u{0}", "\u{7F}", "\u{E9}\u{1F600}",
        "\u{85}", "%0a", "\"q\"",
        "a;b=c",
      ].withUsual("value of it", 8))
    if Int.random(in: 0..<6, using: &random) == 0 { name = mutated(name) }
    if Int.random(in: 0..<6, using: &random) == 0 { value = mutated(value) }
    // A final line break of a variable is trimmed, and one that is empty is taken for missing.
    while value.last?.isNewline ?? false { value.removeLast() }
    return (name, value.isEmpty ? "v" : value)
  }

  private mutating func mutated(_ text: String) -> String {
    var scalars = Array(text.unicodeScalars)
    let index = Int.random(in: 0...scalars.count, using: &random)
    let scalar = Unicode.Scalar(UInt8.random(in: 0x21...0x7E, using: &random))
    switch Int.random(in: 0..<3, using: &random) {
    case 0: scalars.insert(scalar, at: index)
    case 1 where index < scalars.count: scalars[index] = scalar
    default: if index < scalars.count { scalars.remove(at: index) }
    }
    return String(String.UnicodeScalarView(scalars))
  }
}

extension [String] {
  /// With one that is chosen as often as so many others.
  fileprivate func withUsual(_ usual: String, _ weight: Int) -> [String] {
    self + Array(repeating: usual, count: weight)
  }
}
