import HTTPSyntax
import Locking
import Testing
import TestSupport

@testable import Transport

/// Mail to servers that say exactly what a script has them say.
@Suite(.timeLimit(.minutes(1))) struct MailTests {
  private static let content = "Subject: x\r\n\r\nfirst\r\n.\r\n..two\r\n"

  private func mail(_ server: ScriptedServer) -> MailRequest {
    var mail = MailRequest(
      server: "smtp://127.0.0.1:\(server.port)", sender: "vi@example.com", recipient: "ops@example.com",
      content: Array(Self.content.utf8))
    mail.requiresTLS = false
    return mail
  }

  /// A server that knows no extensions beside `offers` and says `answers` to the commands that begin with these words.
  private static func script(_ answers: [String: String] = [:], offers: [String] = []) -> Script {
    Script { visit in
      visit.send("\(answers["CONNECT"] ?? "220 ready")\r\n")
      while let line = visit.readLine() {
        visit.note(line)
        let word = String(line.prefix { $0 != " " && $0 != ":" })
        if word == "AUTH" {
          visit.send("334 \r\n")
          visit.note(visit.readLine() ?? "")
        }
        let lines = ["250-here"] + offers.map { "250-\($0)" } + ["250 HELP"]
        let standard =
          switch word {
          case "EHLO": lines.joined(separator: "\r\n")
          case "DATA": "354 go on"
          case "QUIT": "221 bye"
          case "AUTH": "235 welcome"
          default: "250 fine"
          }
        visit.send("\(answers[word] ?? standard)\r\n")
        if word == "DATA", answers["DATA"] == nil {
          var text = ""
          while let line = visit.readLine(), line != "." { text += "\(line)\n" }
          visit.note(text)
          visit.send("\(answers["CONTENT"] ?? "250 queued")\r\n")
        }
        if word == "QUIT" { return }
      }
    }
  }

  private func reply(_ script: Script, _ change: (inout MailRequest) -> Void = { _ in }) async throws -> (
    result: Result<MailReply, TransportError>, seen: [String]
  ) {
    var result: Result<MailReply, TransportError> = .failure(.closed)
    var seen: [String] = []
    try await serving(script) { server, client in
      var mail = mail(server)
      change(&mail)
      result = await client.outcome(of: mail)
      seen = server.seen.requests
    }
    return (result, seen)
  }

  @Test func `a mail that is taken arrives as it is, for one sender and one recipient`() async throws {
    let (result, seen) = try await reply(Self.script())
    let taken = try result.get()
    #expect(taken.code == 250 && taken.text == "queued")
    #expect(seen.first?.hasPrefix("EHLO ") == true)
    #expect(
      Array(seen.dropFirst().prefix(4))
        == ["MAIL FROM:<vi@example.com>", "RCPT TO:<ops@example.com>", "DATA", "Subject: x\n\nfirst\n..\n...two\n"])
  }

  @Test(arguments: [
    ("CONNECT", "554 no service"), ("CONNECT", "421 too busy"), ("MAIL", "550 not you"), ("RCPT", "450 greylisted"),
    ("RCPT", "550 no such user"), ("DATA", "451 later"), ("CONTENT", "554 looks like spam"),
  ]) func `a refusal at any stage is the server's answer`(stage: String, line: String) async throws {
    let (result, seen) = try await reply(Self.script([stage: line]))
    let refusal = try result.get()
    #expect("\(refusal.code) \(refusal.text)" == line)
    #expect(stage == "CONTENT" || !seen.contains { $0.contains("Subject") })
  }

  @Test func `a refusal of several lines is kept whole`() async throws {
    let (result, _) = try await reply(Self.script(["RCPT": "550-no such user\r\n550 ask somebody else"]))
    #expect(try result.get().text == "no such user\nask somebody else")
  }

  @Test func `a server that knows no EHLO is greeted by HELO`() async throws {
    let (result, seen) = try await reply(Self.script(["EHLO": "502 what?"]))
    #expect(try result.get().code == 250)
    #expect(seen.contains { $0.hasPrefix("HELO ") })
  }

  /// libcurl blocks its thread until QUIT is answered.
  @Test(arguments: ["250 queued", "554 no"]) func `a server that never answers QUIT holds up nobody`(end: String)
    async throws
  {
    let gate = Gate()
    let script = Script { visit in
      visit.send("220 ready\r\n")
      while let line = visit.readLine(), line != "QUIT" {
        if line == "DATA" {
          visit.send("354 go on\r\n")
          while let line = visit.readLine(), line != "." {}
          visit.send("\(end)\r\n")
        } else {
          visit.send("250 fine\r\n")
        }
      }
      gate.pass()
    }
    try await serving(script) { server, client in
      defer { gate.open() }
      let reply = try await client.send(mail(server))
      #expect("\(reply.code) \(reply.text)" == end)
      let other = try ScriptedServer(.echo)
      defer { other.stop() }
      #expect(await client.outcome(of: HTTPRequest("GET", other.url("/next"))).text == "/next")
    }
  }

  @Test func `no mail and no password goes to a server without TLS that should have it`() async throws {
    let (result, seen) = try await reply(Self.script(offers: ["AUTH PLAIN"])) { mail in
      mail.requiresTLS = true
      mail.account = .init(user: "me", password: "s3cret!")
    }
    guard case .failure(.tls) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(seen.allSatisfy { $0.hasPrefix("EHLO") || $0 == "QUIT" }, "\(seen)")
  }

  @Test func `a refused STARTTLS is the server's answer`() async throws {
    let (result, seen) = try await reply(Self.script(["STARTTLS": "454 not now"], offers: ["STARTTLS"])) {
      $0.requiresTLS = true
    }
    #expect(try result.get().code == 454)
    #expect(!seen.contains { $0.hasPrefix("MAIL") })
  }

  @Test func `an account is named before the mail, and a refusal of it is the answer`() async throws {
    let account = MailRequest.Account(user: "me", password: "s3cret!")
    let (result, seen) = try await reply(Self.script(offers: ["AUTH PLAIN LOGIN"])) { $0.account = account }
    #expect(try result.get().code == 250)
    // NUL, the user, NUL, the password.
    #expect(seen.contains { $0.hasPrefix("AUTH PLAIN") } && seen.contains("AG1lAHMzY3JldCE="))
    let refused = Self.script(["AUTH": "535 5.7.8 wrong"], offers: ["AUTH PLAIN"])
    let (refusal, after) = try await reply(refused) { $0.account = account }
    #expect(try refusal.get().code == 535)
    #expect(!after.contains { $0.hasPrefix("MAIL") })
  }

  @Test func `a server that says nothing is given up in time`() async throws {
    let (result, _) = try await reply(.hangs) { $0.timeout = .milliseconds(200) }
    #expect(throws: TransportError.timedOut(host: "127.0.0.1", stage: .connecting)) { try result.get() }
  }

  @Test func `a connection that ends in the middle is no answer`() async throws {
    let script = Script { visit in
      visit.send("220 ready\r\n")
      _ = visit.readLine()
    }
    let (result, _) = try await reply(script)
    guard case .failure = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func `a mail goes to no address that it must not reach`() async throws {
    let (result, _) = try await reply(Self.script()) { $0.egress = .publicOnly }
    #expect(throws: TransportError.forbiddenAddress(host: "127.0.0.1", address: "127.0.0.1")) { try result.get() }
  }

  @Test(arguments: ["", "a b@c", "a@b>\r\nRCPT TO:<c@d", "<a@b>", "é@b"]) func `an address can't add a command`(
    address: String
  ) async throws {
    let (sender, seen) = try await reply(Self.script()) { $0.sender = address }
    #expect(throws: TransportError.invalidHeader(name: "from")) { try sender.get() }
    let (recipient, _) = try await reply(Self.script()) { $0.recipient = address }
    #expect(throws: TransportError.invalidHeader(name: "to")) { try recipient.get() }
    #expect(seen.isEmpty)
  }

  @Test func `a mail goes through the proxy's tunnel, as requests do`() async throws {
    try await serving(Script.tunnel) { proxy, _ in
      try await serving(Self.script()) { server, _ in
        let client = HTTPClient(HTTPClient.Configuration(proxy: .url("http://user:word@127.0.0.1:\(proxy.port)")))
        var mail = mail(server)
        mail.egress = .notMetadata
        #expect(try await client.outcome(of: mail).get().code == 250)
        #expect(server.seen.requests.contains { $0.hasPrefix("MAIL FROM:<vi@example.com>") })
        let head = try #require(proxy.seen.requests.first)
        #expect(head.hasPrefix("CONNECT 127.0.0.1:\(server.port) HTTP/1.1\r\n"))
        #expect(head.contains("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"))
        // What the address itself says is judged before the proxy hears of it.
        mail.egress = .publicOnly
        #expect(await client.outcome(of: mail).failure?.label == "forbidden_address")
        #expect(proxy.seen.connections == 1)
        await client.close()
      }
    }
  }

  @Test func `a proxy that refuses a mail is told from the mail server`() async throws {
    let refusing = Script { visit in
      visit.readRequest()
      visit.answer("no", status: "403 Forbidden")
    }
    try await serving(refusing) { proxy, _ in
      let client = HTTPClient(HTTPClient.Configuration(proxy: .url("http://127.0.0.1:\(proxy.port)")))
      var mail = mail(proxy)
      mail.server = "smtp://mail.invalid:25"
      #expect(await client.outcome(of: mail).failure == .proxyRefused(status: 403))
      await client.close()
    }
  }

  @Test func `a cancelled mail ends at once`() async throws {
    try await serving(.hangs) { server, client in
      let mail = mail(server)
      let sending = Task { await client.outcome(of: mail) }
      sending.cancel()
      let result = await sending.value
      #expect(throws: TransportError.cancelled) { try result.get() }
    }
  }
}

@Suite struct ServerAddressTests {
  private let ports = ["smtp": 25, "smtps": 465]

  @Test(arguments: [
    ("smtp://mail.example.com", "smtp://mail.example.com:25"), ("SMTPS://a/", "smtps://a:465"),
    ("smtp://a:80", "smtp://a:80"), ("smtp://a:443", "smtp://a:443"), ("smtp://[::1]:2525", "smtp://[::1]:2525"),
  ]) func `what is written is read`(text: String, address: String) throws {
    #expect(try ServerAddress(text, ports: ports).text == address)
  }

  @Test(arguments: [
    ("http://a", ServerAddressProblem.scheme), ("mail.example.com:25", .scheme), ("smtp://a@b", .user),
    ("smtp://a/b", .path), ("smtp://a?b", .path), ("smtp://", .url(.noHost)), ("smtp://a:99999", .url(.port)),
  ]) func `what is no address says why`(text: String, problem: ServerAddressProblem) {
    #expect(throws: problem) { try ServerAddress(text, ports: ports) }
  }
}

extension Result where Failure == TransportError {
  fileprivate var failure: TransportError? { if case .failure(let error) = self { error } else { nil } }
}

extension HTTPClient {
  fileprivate func outcome(of mail: MailRequest) async -> Result<MailReply, TransportError> {
    do throws(TransportError) {
      return .success(try await send(mail))
    } catch {
      return .failure(error)
    }
  }
}
