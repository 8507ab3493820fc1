import CMosquitto
import Dispatch
import Glibc
internal import HTTPSyntax
internal import Locking
internal import Notation

/// Publishes to MQTT brokers by libmosquitto: one connection for each message, on a thread of its own, because the library blocks
/// while it connects.
///
/// libcurl can't be used: its MQTT has neither TLS nor acknowledgements, and says "fine" when the broker refuses the topic.
package struct BrokerClient: Sendable {
  package init() {}

  /// Publishes, and returns what the broker said. Cancelling the task throws ``TransportError/cancelled``; the message may have
  /// reached the broker then, and after a timeout, too.
  package func publish(_ publication: Publication) async throws(TransportError) -> PublicationReply {
    let server: ServerAddress
    do throws(ServerAddressProblem) {
      server = try ServerAddress(publication.server, ports: Publication.ports)
    } catch {
      throw .invalidURL
    }
    guard Self.isTopic(publication.topic) else { throw .invalidHeader(name: "topic") }
    try ConnectionSettings(caFile: publication.caFile, clientCertificate: publication.clientCertificate).checkFiles()
    if let reason = cmosquitto_load() { throw .other(code: 0, text: String(cString: reason)) }
    let wait = Wait(host: server.host)
    return try await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait.begin(continuation)
        let thread = Thread(publication, server, wait)
        DispatchQueue.global().asyncAfter(deadline: .now() + publication.timeout.seconds) {
          wait.end(.failure(.timedOut(host: server.host, stage: wait.isLetIn ? .answering : .connecting)))
        }
        if let error = thread.start() { wait.end(.failure(error)) }
      }
    } onCancel: {
      wait.end(.failure(.cancelled))
    }.get()
  }

  /// MQTT 5, section 4.7.
  private static func isTopic(_ topic: String) -> Bool {
    (1...65_535).contains(topic.utf8.count) && !topic.utf8.contains { $0 == 0 || "+#".utf8.contains($0) }
  }
}

/// The wait for one message's end: by the broker, by time or by cancellation, whichever is first.
private final class Wait: Sendable {
  typealias End = Result<PublicationReply, TransportError>

  private struct State {
    var continuation: CheckedContinuation<End, Never>?
    var end: End?
    var isLetIn = false
  }

  let host: String
  private let state = Locked(State())

  init(host: String) { self.host = host }

  /// Nobody waits any more.
  var isOver: Bool { state.withLock { $0.end != nil } }
  var isLetIn: Bool { state.withLock { $0.isLetIn } }

  func letIn() { state.withLock { $0.isLetIn = true } }

  func begin(_ continuation: CheckedContinuation<End, Never>) {
    let end: End? = state.withLock { state in
      if state.end == nil { state.continuation = continuation }
      return state.end
    }
    if let end { continuation.resume(returning: end) }
  }

  func end(_ end: End) {
    let continuation: CheckedContinuation<End, Never>? = state.withLock { state in
      guard state.end == nil else { return nil }
      state.end = end
      defer { state.continuation = nil }
      return state.continuation
    }
    continuation?.resume(returning: end)
  }
}

/// The work of one message. It goes on until the library lets go of it, which may be after the wait is over.
private final class Thread: Sendable {
  private let publication: Publication
  private let server: ServerAddress
  private let wait: Wait

  init(_ publication: Publication, _ server: ServerAddress, _ wait: Wait) {
    (self.publication, self.server, self.wait) = (publication, server, wait)
  }

  /// - Returns: nil when it has begun.
  func start() -> TransportError? {
    var thread = pthread_t()
    let luggage = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { luggage in
        if let luggage { Unmanaged<Thread>.fromOpaque(luggage).takeRetainedValue().work() }
        return nil
      }, luggage.toOpaque())
    if code == 0 {
      pthread_detach(thread)
      return nil
    }
    luggage.release()
    return .other(code: Int(code), text: "the thread could not be started")
  }

  private func work() {
    blockBrokenPipeSignal()
    do throws(TransportError) {
      wait.end(.success(try exchange()))
    } catch {
      wait.end(.failure(error))
    }
  }

  private func exchange() throws(TransportError) -> PublicationReply {
    let host = try allowedHost()
    let connection = try BrokerConnection(publication, server)
    if wait.isOver { throw .cancelled }
    try connection.connect(host)
    try checkPeer(connection)
    while connection.connectReason == nil { try turn(connection) }
    // The first version that a broker of an older protocol refuses us with has a code of its own.
    if let reason = connection.connectReason, reason != 0 { return .init(reason: reason == 1 ? 132 : reason) }
    wait.letIn()
    if let reason = try connection.publish() { return .init(reason: reason) }
    while connection.publishReason == nil { try turn(connection) }
    connection.disconnect()
    return .init(reason: connection.publishReason ?? 128)
  }

  private func turn(_ connection: borrowing BrokerConnection) throws(TransportError) {
    if wait.isOver { throw .cancelled }
    try connection.turn()
  }

  /// What to connect to: without TLS the very address that was looked at; with TLS the name, which the certificate must have.
  private func allowedHost() throws(TransportError) -> String {
    guard publication.egress != .anywhere else { return server.bareHost }
    let addresses = try Resolver.addresses(of: server.bareHost, host: server.host)
    guard let allowed = addresses.first(where: { publication.egress.allows($0) }) else {
      throw .forbiddenAddress(host: server.host, address: addresses.first?.description ?? server.host)
    }
    return server.scheme == "mqtts" ? server.bareHost : allowed.description
  }

  /// The library has looked the name up itself.
  private func checkPeer(_ connection: borrowing BrokerConnection) throws(TransportError) {
    guard publication.egress != .anywhere, let peer = Resolver.peer(of: connection.socket) else { return }
    if !publication.egress.allows(peer) { throw .forbiddenAddress(host: server.host, address: peer.description) }
  }
}

extension PublicationReply {
  init(reason: Int) {
    self.init(reason: reason, text: cmosquitto_reason_text(Int32(reason)).map { String(cString: $0) } ?? "")
  }
}

extension Duration {
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1_000_000_000_000_000_000
  }
}
