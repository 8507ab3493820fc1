import Runs
import Secrets
import Testing

@testable import Rules

@Suite struct NATSTests {
  private static let secrets = SecretSource(environment: ["NATS_TOKEN": "s3cretpath"])

  private func read(_ fields: String) -> (file: RuleFile?, problems: [String]) {
    let text = """
      {"version": 1, "destinations": {"d": {"type": "nats", \(fields)}},
       "rules": [{"name": "r", "on": "any", "actions": [{"send": "d"}]}]}
      """
    let (file, problems) = RuleFile.read(Array(text.utf8), secrets: Self.secrets)
    return (file, problems.map(\.message))
  }

  private struct Wrong: Error {}

  private func publication(_ fields: String, flow: String) throws -> OutgoingPublication {
    let (file, problems) = read(#""server": "tls://n.example", \#(fields)"#)
    let destination = try #require(file?.destinations.first, "\(problems)")
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"\#(flow)"}}"#)
    let make = try destination.requestMaker(ReferenceResolver(Self.secrets))
    guard case .publish(let made) = make(OutgoingMessage(id: "m", run: "r", event: event.body, body: nil, time: 0))
    else { throw Wrong() }
    return made
  }

  @Test func `what a run says is one token of the subject`() throws {
    let subject = { (flow: String) in try publication(#""subject": "vi.{{flow}}.{{phase}}""#, flow: flow).topic }
    #expect(try subject("line4") == "vi.line4.failed")
    #expect(try subject("a.b *>") == "vi.a_b___.failed")
    #expect(try subject("") == "vi._.failed")
  }

  @Test func `a token stands for an account`() throws {
    let made = try publication(#""subject": "a", "token": "${env:NATS_TOKEN}""#, flow: "x")
    #expect(made.token == "s3cretpath" && made.account == nil && made.credentialsFile == nil)
  }

  @Test func `wrong settings are found by check`() {
    let server = #""server": "nats://n.example""#
    for subject in ["vi.*", "vi.>", "vi x", "vi.${env:NATS_TOKEN}"] {
      #expect(
        read(#"\#(server), "subject": "\#(subject)""#).problems
          == [#"destinations.d.subject is nothing that can be published to: "\#(subject)""#])
    }
    #expect(
      read(#"\#(server), "subject": "x", "token": "${env:NATS_TOKEN}", "credentials": "/x.creds""#).problems
        == [#"destinations.d has both "token" and "credentials""#])
    #expect(
      read(#""server": "mqtt://b", "subject": "x""#).problems
        == ["destinations.d.server does not begin with nats:// or tls://"])
  }
}
