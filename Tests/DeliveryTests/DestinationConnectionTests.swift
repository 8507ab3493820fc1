import Storage
import TestSupport
import Testing

@testable import Delivery

/// How a destination is connected to, as its rules file says.
@Suite(.timeLimit(.minutes(6)))
struct DestinationConnectionTests {
  @Test func `a destination that must be on the internet is not served at home, and not tried again`() async throws {
    let kit = try await DeliveryKit(options: #""allowPrivate": false"#)
    try await kit.enqueue([kit.delivery("msg_1"), kit.delivery("msg_2", to: "other")])
    try await kit.deliverWhatIsDue()
    let record = try #require(try await kit.record("msg_1"))
    #expect(record.status == .dead)
    #expect(record.reason == "forbiddenAddress: 127.0.0.1 is not an allowed address")
    #expect(kit.arrived() == [])
    #expect(try await kit.record("msg_2")?.status == .delivered, "loopback is fine unless a destination says otherwise")
    await kit.end()
  }

  @Test(arguments: [
    (#""ca": "/nonexistent/${env:NAME}.pem""#, "/nonexistent/name.pem"),
    (#""clientCertificate": "/nonexistent/c.pem", "clientKey": "/nonexistent/k.pem""#, "/nonexistent/c.pem"),
    (#""clientCertificate": "/dev/null/c", "clientKey": "/nonexistent/k.pem""#, "/dev/null/c"),
  ])
  func `a file that is missing is named, and may be there next time`(_ options: String, _ path: String) async throws {
    let kit = try await DeliveryKit(options: options, variables: ["NAME": "name"])
    try await kit.enqueue([kit.delivery("msg_1")])
    try await kit.deliverWhatIsDue()
    let detail = try #require(try await kit.store.delivery(id: "msg_1"))
    #expect(detail.record.status == .pending)
    #expect(detail.attempts.count == 1)
    #expect(detail.attempts.first?.outcome.contains("notConfigured") == true)
    #expect(detail.attempts.first?.detail.hasPrefix("the file \(path) can't be read: ") == true)
    #expect(kit.arrived() == [])
    await kit.end()
  }
}
