import FoundationEssentials
import JSONSource
import Runs
import Secrets
import Storage
import Testing

@testable import Rules

@Suite struct EmailTests {
  private static let secrets = SecretSource(environment: ["SMTP_PASSWORD": "s3cretpath"])

  private func mail(_ body: String, from: String = "vi-notify <vi@example.com>", time: Int64 = 1_795_806_000) throws
    -> OutgoingMail
  {
    var email = Email()
    email.server = try ReferenceText("smtp://mail.example.com:587")
    (email.from, email.to) = (try ReferenceText(from), [try ReferenceText("ops@example.com")])
    let make = try email.requestMaker(ReferenceResolver(Self.secrets))
    let message = OutgoingMessage(id: "msg_1", run: "run_1", event: [], body: Array(body.utf8), time: time)
    guard case .mail(let mail) = make(message) else { throw Wrong() }
    return mail
  }

  private struct Wrong: Error {}

  private func text(_ mail: OutgoingMail) -> String { String(decoding: mail.content, as: UTF8.self) }

  @Test func `a mail says who, what and when, and that nobody wrote it`() throws {
    let mail = try mail(#"{"subject": "run failed", "text": "a\nb"}"#)
    #expect(
      (mail.server, mail.sender, mail.recipient) == ("smtp://mail.example.com:587", "vi@example.com", "ops@example.com")
    )
    #expect(
      text(mail) == """
        Date: Fri, 27 Nov 2026 19:00:00 +0000\r
        From: vi-notify <vi@example.com>\r
        To: ops@example.com\r
        Subject: run failed\r
        Message-ID: <msg_1@example.com>\r
        MIME-Version: 1.0\r
        Auto-Submitted: auto-generated\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        a\r
        b\r

        """)
  }

  @Test func `a repeat has the same Message-ID`() throws {
    let id = { (mail: OutgoingMail) in mail.headers.first { $0.name == "Message-ID" }?.value }
    #expect(try id(mail("{}")) == id(mail("{}", time: 1_795_900_000)))
  }

  @Test func `no text adds a header, a part or a line that is too long`() throws {
    let hostile = #"x\r\nBcc: evil@example.com\r\n\r\n--=_vi-notify_alternative\r\n.\r\n\u0000é=?utf-8?q?x?= "#
    let long = String(repeating: hostile, count: 30)
    let mail = try mail(#"{"subject": "\#(long)", "text": "\#(long)", "html": "<b>\#(long)</b>"}"#)
    let lines = text(mail).components("\r\n")
    #expect(lines.allSatisfy { line in line.utf8.count <= 78 && line.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
    let head = lines.prefix { !$0.isEmpty }
    #expect(!head.contains { $0.lowercased().hasPrefix("bcc") })
    #expect(lines.count { $0 == "--=_vi-notify_alternative" } == 2)
    #expect(!lines.contains("."))
  }

  @Test func `words that aren't ASCII stand in encoded words, whole characters in each`() throws {
    let subject = String(repeating: "Läuft 😀 ", count: 12)
    let mail = try mail("{\"subject\": \"\(subject)\", \"text\": \"x\"}", from: "Jürgen <vi@example.com>")
    let value = try #require(mail.headers.first { $0.name == "Subject" }?.value)
    let words = value.components("\r\n ")
    #expect(words.allSatisfy { $0.hasPrefix("=?utf-8?B?") && $0.hasSuffix("?=") && $0.count <= 75 })
    let parts = try words.map { word in
      let data = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
      return try #require(String(validating: data, as: UTF8.self))
    }
    #expect(parts.joined() == subject)
    #expect(text(mail).contains("From: =?utf-8?B?SsO8cmdlbg==?=\r\n <vi@example.com>\r\n"))
  }

  @Test func `line breaks of a text are line breaks of its HTML, not within what is laid out`() throws {
    let plain = text(try mail(##"{"html": "a\nb\n<pre>c\nd</pre>"}"##))
    #expect(plain.contains("a<br>\r\nb<br>\r\n<pre>c\r\nd</pre>"))
    #expect(text(try mail(##"{"html": "<table>\n</table>"}"##)).contains("<table>\r\n</table>"))
    #expect(text(try mail(##"{"html": "<html>\n</html>"}"##)).hasSuffix("\r\n\r\n<html>\r\n</html>\r\n"))
  }

  @Test(arguments: ["a@b", "Some One <a@b.example>", "\"One, Some\" <a@b>", "a.b+c@d-e.f"]) func `this is an address`(
    text: String
  ) {
    #expect(MailAddress(text) != nil)
  }

  @Test(arguments: [
    "", "a", "@b", "a@", "a@b, c@d", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "x <a@b> y", "<a@b", "a@-b", "a@b..c", "é@b",
    "x\u{0} <a@b>",
  ]) func `this is none`(text: String) {
    #expect(MailAddress(text) == nil)
  }

  private func problems(_ fields: String) -> [String] {
    let text = """
      {"version": 1, "destinations": {"m": {"type": "email", \(fields)}}, "rules": [{"name": "r", "actions": [{"send": "m"}]}]}
      """
    return RuleFile.read(Array(text.utf8), secrets: Self.secrets).1.map(\.message)
  }

  @Test func `what can't be sent is found by check`() {
    let good = #""from": "a@b.example", "to": "c@d.example""#
    let server = #""server": "smtp://m.example:587""#
    #expect(problems("\(good), \(server)").isEmpty)
    #expect(
      problems(#"\#(good), "server": "https://m.example""#)
        == ["destinations.m.server does not begin with smtp:// or smtps://"])
    #expect(
      problems(#"\#(good), "server": "smtp://u:p@m.example""#)
        == ["destinations.m.server holds a user name or password, which have fields of their own"])
    #expect(
      problems(#""from": "a@b.example", "to": "c@d.example, e@f.example", \#(server)"#)
        == [#"destinations.m.to is no address: "c@d.example, e@f.example""#])
    #expect(
      problems(#"\#(good), \#(server), "user": "u""#) == [#"destinations.m.user needs "password" beside it"#])
    #expect(
      problems(#"\#(good), \#(server), "user": "u", "password": "${env:SMTP_PASSWORD}", "tls": "none""#)
        == ["the password goes to the server without TLS"])
    #expect(
      problems(#"\#(good), \#(server), "headers": {"A": "b"}"#)
        == ["destinations.m.headers is for destinations that are reached over HTTP"])
  }

  @Test func `in a text of one's own only what runs say is escaped, and only for HTML`() throws {
    let text = #"""
      {"version": 1, "destinations": {"m": {"type": "email", "server": "smtp://m.example", "from": "a@b", "to": "c@d"}},
       "rules": [{"name": "r", "on": "any", "actions": [
         {"send": "m", "body": {"subject": "<{{flow}}>", "text": "<{{flow}}>", "html": "<b>{{flow}}</b>"}}]}]}
      """#
    let file = try #require(RuleFile.read(Array(text.utf8), secrets: Self.secrets).0)
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"a<b>&"}}"#)
    let planned = try #require(RuleSet(file).deliveries(for: event).first)
    guard case .delivery(.body(let body)) = planned.content else { throw Wrong() }
    #expect(
      String(decoding: body, as: UTF8.self)
        == #"{"subject":"<a<b>&>","text":"<a<b>&>","html":"<b>a&lt;b&gt;&amp;</b>"}"#)
  }

  private static let team = """
    {"version": 1, "destinations": {"m": {"type": "email", "server": "smtp://m.example", "from": "a@b",
       "to": ["one@c", "${env:SECOND}"]}}, "rules": [{"name": "r", "on": "any", "actions": [ACTION]}]}
    """

  private func team(_ action: String) -> (RuleFile?, [Diagnostic]) {
    let text = Self.team.replacing("ACTION", with: action)
    return RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: ["SECOND": "two@c"]))
  }

  private func recipient(_ planned: PlannedDelivery, _ file: RuleFile) throws -> String {
    guard case .delivery(.body(let body)) = planned.content else { throw Wrong() }
    let secrets = SecretSource(environment: ["SECOND": "two@c"])
    let make = try #require(file.destinations.first).requestMaker(ReferenceResolver(secrets))
    guard case .mail(let mail) = make(OutgoingMessage(id: planned.id, run: "r", event: [], body: body, time: 0)) else {
      throw Wrong()
    }
    return mail.recipient
  }

  @Test(arguments: [
    #"{"send": "m"}"#, #"{"send": "m", "id": "mail", "text": "{{flow}}"}"#,
    #"{"send": "m", "body": {"text": "{{flow}}"}}"#,
  ]) func `each recipient has a delivery of its own`(action: String) throws {
    let (read, problems) = team(action)
    let file = try #require(read, "\(problems)")
    let planned = try RuleSet(file).deliveries(for: RunEvent.of("Failed"))
    let label = action.contains("id") ? "mail" : "actions[0]"
    #expect(planned.map(\.action) == [label, "\(label) to ${env:SECOND}"])
    #expect(Set(planned.map(\.id)).count == 2)
    #expect(try planned.map { try recipient($0, file) } == ["one@c", "two@c"])
  }

  @Test func `a digest goes to each recipient, as it was meant when it began`() throws {
    let (read, problems) = team(#"{"send": "m", "digest": {"window": "10m"}}"#)
    let file = try #require(read, "\(problems)")
    let rules = try RuleSet(file)
    let event = try RunEvent.of("Failed")
    let planned = rules.deliveries(for: event)
    #expect(planned.count == 2)
    let messages = DigestMessages(rules, file.destinations)
    let recipients = try planned.map { entry in
      let message = try #require(
        messages.message(
          id: entry.id, rule: "r", action: entry.action, entry.plan, CollectedEvents(events: [event.body], count: 1)))
      return try recipient(message, file)
    }
    #expect(recipients == ["one@c", "two@c"])
  }

  @Test func `nothing comes after a mail to several recipients`() {
    let (file, problems) = team(#"{"send": "m", "then": [{"shell": "true"}]}"#)
    #expect(file == nil)
    #expect(
      problems.map(\.message) == ["rules[0].actions[0] is mail to several recipients, and nothing can come after it"])
  }

  @Test func `what was written for somebody who is gone goes to the first`() throws {
    #expect(try mail(#"{"recipient": "gone@example.com", "text": "x"}"#).recipient == "ops@example.com")
  }

  @Test func `a refusal for now is repeated, one for good is not, and a wrong password stops`() {
    let meaning = { AnswerTable.mail.reading(of: ServiceAnswer(status: $0, body: [])).meaning }
    #expect(meaning(250) == .delivered)
    for code in [421, 450, 451, 452, 454] { #expect(meaning(code) == .repeated(.serverError)) }
    for code in [500, 550, 552, 553, 554] { #expect(meaning(code) == .final(.clientError)) }
    #expect(meaning(530) == .final(.unauthorized))
    #expect(meaning(535) == .stops)
  }
}

extension String {
  fileprivate func components(_ separator: String) -> [String] {
    var (parts, rest): ([String], Substring) = ([], self[...])
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
