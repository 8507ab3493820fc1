import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Transport

/// MQTT, against Debian's mosquitto.
@Suite(.timeLimit(.minutes(2)), .enabled(if: Broker.isInstalled)) struct BrokerTests {
  private let client = BrokerClient()

  private func publish(
    _ broker: Broker, _ topic: String = "vi/runs/a", _ change: (inout Publication) -> Void = { _ in }
  ) async -> Result<PublicationReply, TransportError> {
    var publication = Publication(
      server: broker.url, topic: topic, payload: Array(#"{"a":1}"#.utf8), id: "msg_1")
    publication.contentType = "application/json"
    change(&publication)
    return await client.outcome(of: publication)
  }

  @Test func `what the broker acknowledges is there, whether anybody listens or not`() async throws {
    let broker = try Broker(["allow_anonymous true"])
    let reply = try await publish(broker).get()
    #expect(reply.reason < 128, "\(reply)")
    #expect(broker.log.contains("'vi/runs/a'") && broker.log.contains("q1"), "\(broker.log)")
  }

  @Test func `a topic that isn't allowed is refused`() async throws {
    let broker = try Broker(["allow_anonymous true", "acl_file DIR/acl"], files: ["acl": "topic write vi/allowed\n"])
    #expect(try await publish(broker, "vi/allowed").get().reason < 128)
    let reply = try await publish(broker, "vi/other").get()
    #expect(reply.reason == 135 && reply.text == "Not authorized")
  }

  @Test func `an account that the broker doesn't know is refused`() async throws {
    let broker = try Broker(["allow_anonymous false", "password_file DIR/passwords"], files: ["passwords": ""])
    var result = await publish(broker) { $0.account = ("me", "s3cret!") }
    // The broker closes right behind its answer, and now and then before it: then it is asked again, as a delivery would be.
    for _ in 0..<20 {
      guard case .failure(.cutShort) = result else { break }
      result = await publish(broker) { $0.account = ("me", "s3cret!") }
    }
    let reply = try result.get()
    #expect([134, 135].contains(reply.reason), "\(reply)")
  }

  @Test func `a message that is too large for the broker is refused`() async throws {
    let broker = try Broker(["allow_anonymous true", "max_packet_size 200"])
    let reply = try await publish(broker) { $0.payload = Array(repeating: 0x20, count: 2_000) }.get()
    #expect(reply.reason == 149, "\(reply)")
  }

  @Test(.enabled(if: Certificates.canBeMade)) func `over TLS only a broker that is known gets anything`() async throws {
    let certificates = try Certificates()
    let pair = try certificates.make("broker")
    let broker = try Broker(
      ["allow_anonymous true", "certfile \(pair.certificate)", "keyfile \(pair.key)"])
    let server = "mqtts://localhost:\(broker.port)"
    let reply = try await publish(broker) {
      ($0.server, $0.caFile) = (server, certificates.authority.certificate)
    }.get()
    #expect(reply.reason < 128)
    for ca in [certificates.otherAuthority.certificate, nil] {
      let result = await publish(broker) { ($0.server, $0.caFile) = (server, ca) }
      guard case .failure(.tls) = result else {
        Issue.record("\(result)")
        continue
      }
    }
  }

  @Test func `where nobody listens nothing is delivered`() async throws {
    let port = try Sockets.freePort()
    let result = await client.outcome(
      of: Publication(server: "mqtt://127.0.0.1:\(port)", topic: "a", payload: [], id: "m"))
    #expect(throws: TransportError.couldNotConnect(host: "127.0.0.1")) { try result.get() }
  }

  @Test func `a broker that says nothing is given up in time`() async throws {
    let server = try ScriptedServer(.hangs)
    defer { server.stop() }
    var publication = Publication(server: "mqtt://127.0.0.1:\(server.port)", topic: "a", payload: [], id: "m")
    publication.timeout = .milliseconds(200)
    let result = await client.outcome(of: publication)
    #expect(throws: TransportError.timedOut(host: "127.0.0.1", stage: .connecting)) { try result.get() }
  }

  @Test func `a broker that closes unread has nothing`() async throws {
    let server = try ScriptedServer(Script { _ in })
    defer { server.stop() }
    let result = await client.outcome(
      of: Publication(server: "mqtt://127.0.0.1:\(server.port)", topic: "a", payload: [], id: "m"))
    guard case .failure = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func `a broker that closes after the message has not acknowledged it`() async throws {
    // CONNACK of MQTT 5 without properties, then the end once something more has come.
    let server = try ScriptedServer(
      Script { visit in
        visit.send([0x20, 0x03, 0x00, 0x00, 0x00])
        var bytes = [UInt8](repeating: 0, count: 60)
        _ = recv(visit.connection, &bytes, bytes.count, Int32(MSG_WAITALL))
      })
    defer { server.stop() }
    let payload = [UInt8](repeating: 0x20, count: 200)
    let result = await client.outcome(
      of: Publication(server: "mqtt://127.0.0.1:\(server.port)", topic: "a", payload: payload, id: "m"))
    #expect(throws: TransportError.cutShort) { try result.get() }
  }

  @Test func `a broker is at no address that it must not be at`() async throws {
    for host in ["127.0.0.1", "localhost"] {
      var publication = Publication(server: "mqtt://\(host):1", topic: "a", payload: [], id: "m")
      publication.egress = .publicOnly
      let result = await client.outcome(of: publication)
      guard case .failure(.forbiddenAddress(host, _)) = result else {
        Issue.record("\(result)")
        continue
      }
    }
  }

  @Test(arguments: ["", "a/+", "a/#", "a\0b", String(repeating: "x", count: 65_536)]) func `a topic is one topic`(
    topic: String
  ) async throws {
    let result = await client.outcome(of: Publication(server: "mqtt://127.0.0.1:1", topic: topic, payload: [], id: "m"))
    #expect(throws: TransportError.invalidHeader(name: "topic")) { try result.get() }
  }

  @Test func `a cancelled message isn't waited for`() async throws {
    let server = try ScriptedServer(.hangs)
    defer { server.stop() }
    let publication = Publication(server: "mqtt://127.0.0.1:\(server.port)", topic: "a", payload: [], id: "m")
    let publishing = Task { await client.outcome(of: publication) }
    publishing.cancel()
    let result = await publishing.value
    #expect(throws: TransportError.cancelled) { try result.get() }
  }
}

/// mosquitto in a process of its own, which ends when this object does.
final class Broker: Sendable {
  static let isInstalled = access(path, X_OK) == 0
  private static let path = "/usr/sbin/mosquitto"

  let port: UInt16
  var url: String { "mqtt://127.0.0.1:\(port)" }
  var log: String {
    FileManager.default.contents(atPath: scratch.path + "/log").map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private let scratch: ScratchDirectory
  private let process: ChildServer

  /// - Parameters:
  ///   - lines: of its configuration, with DIR for a directory of its own.
  ///   - files: in that directory.
  init(_ lines: [String], files: [String: String] = [:]) throws {
    scratch = try ScratchDirectory()
    let listener = try Sockets.listen()
    port = Sockets.port(of: listener)
    close(listener)
    for (name, text) in files { try scratch.write(text.utf8, to: name) }
    let standard = ["user root", "listener \(port) 127.0.0.1", "log_dest file DIR/log", "log_type all"]
    let text = (standard + lines).joined(separator: "\n").replacing("DIR", with: scratch.path)
    let configuration = try scratch.write("\(text)\n".utf8, to: "mosquitto.conf")
    process = try ChildServer(["sh", "-c", "echo \(port); exec \(Self.path) -c \(configuration)"])
    for _ in 0..<500 {
      if let connection = Sockets.connect(port) {
        close(connection)
        return
      }
      poll(nil, 0, 10)
    }
    throw SystemFailure("connect")
  }
}

extension BrokerClient {
  func outcome(of publication: Publication) async -> Result<PublicationReply, TransportError> {
    do throws(TransportError) {
      return .success(try await publish(publication))
    } catch {
      return .failure(error)
    }
  }
}
