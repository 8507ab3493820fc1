import Runs
import Secrets
import Testing

@testable import Rules

@Suite struct MQTTTests {
  private static let secrets = SecretSource(environment: ["MQTT_PASSWORD": "s3cretpath"])

  private func read(_ fields: String) -> (file: RuleFile?, problems: [String]) {
    let text = """
      {"version": 1, "destinations": {"d": {"type": "mqtt", \(fields)}},
       "rules": [{"name": "r", "on": "any", "actions": [{"send": "d"}]}]}
      """
    let (file, problems) = RuleFile.read(Array(text.utf8), secrets: Self.secrets)
    return (file, problems.map(\.message))
  }

  private struct Wrong: Error {}

  private func topic(_ template: String, flow: String) throws -> String {
    let (file, problems) = read(#""server": "mqtt://b.example", "topic": "\#(template)""#)
    let destination = try #require(file?.destinations.first, "\(problems)")
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"\#(flow)"}}"#)
    let make = try destination.requestMaker(ReferenceResolver(Self.secrets))
    guard case .publish(let made) = make(OutgoingMessage(id: "m", run: "r", event: event.body, body: nil, time: 0))
    else { throw Wrong() }
    return made.topic
  }

  @Test func `what a run says is one level of the topic`() throws {
    #expect(try topic("vi/{{flow}}/{{phase}}", flow: "line 4") == "vi/line 4/failed")
    #expect(try topic("vi/{{flow}}/x", flow: #"a/b+#\u0000$"#).split(separator: "/").count == 3)
    #expect(try topic("{{flow}}", flow: "$SYS/a") == "_SYS_a")
  }

  @Test func `wrong settings are found by check`() {
    let server = #""server": "mqtts://b.example""#
    #expect(read(#"\#(server), "topic": "vi/{{flow}}""#).problems.isEmpty)
    for topic in ["vi/+/x", "vi/#", "$SYS/x", "vi/${env:MQTT_PASSWORD}"] {
      #expect(
        read(#"\#(server), "topic": "\#(topic)""#).problems.first?.hasPrefix(
          "destinations.d.topic is nothing that can be published to")
          == true)
    }
    #expect(read(#"\#(server), "topic": "vi/{{flwo}}""#).problems.count == 1)
    #expect(
      read(#""server": "https://b", "topic": "x""#).problems
        == ["destinations.d.server does not begin with mqtt:// or mqtts://"])
    #expect(
      read(#"\#(server), "topic": "x", "user": "u""#).problems == [#"destinations.d.user needs "password" beside it"#])
  }

  @Test func `a reason code says what becomes of the message`() {
    let meaning = { MQTT.answers.reading(of: ServiceAnswer(status: $0, body: [])).meaning }
    for code in [0, 16] { #expect(meaning(code) == .delivered) }
    #expect(meaning(134) == .stops)
    #expect(meaning(135) == .final(.unauthorized))
    #expect(meaning(136) == .repeated(.serverError))
    #expect(meaning(151) == .repeated(.rateLimited))
    #expect(meaning(149) == .final(.clientError))
  }
}
