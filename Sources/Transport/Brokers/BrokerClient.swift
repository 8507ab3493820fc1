import CMosquitto
import CNats
import Dispatch
internal import HTTPSyntax

/// Publishes to brokers of messages: MQTT by libmosquitto, NATS by libnats. One connection for each message, on a thread of its own,
/// because these libraries block.
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
    let isNATS = Publication.isNATS(server.scheme)
    guard isNATS ? Self.isSubject(publication.topic) : Self.isTopic(publication.topic) else {
      throw .invalidHeader(name: isNATS ? "subject" : "topic")
    }
    try ConnectionSettings(caFile: publication.caFile, clientCertificate: publication.clientCertificate).checkFiles()
    if let path = publication.credentialsFile { try checkReadable(path) }
    if let reason = isNATS ? cnats_load() : cmosquitto_load() {
      throw .unreadableFile(path: isNATS ? "libnats.so" : "libmosquitto.so.1", reason: String(cString: reason))
    }
    let wait = BrokerWait(host: server.host)
    return try await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait.begin(continuation)
        DispatchQueue.global().asyncAfter(deadline: .now() + publication.timeout.inSeconds) {
          wait.end(.failure(.timedOut(host: server.host, stage: wait.isLetIn ? .answering : .connecting)))
        }
        let work = BrokerWork(publication, server, wait)
        let error = startThread {
          do throws(TransportError) {
            wait.end(.success(try isNATS ? work.publishToNATS() : work.publishToMQTT()))
          } catch {
            wait.end(.failure(error))
          }
        }
        if let error { wait.end(.failure(error)) }
      }
    } onCancel: {
      wait.end(.failure(.cancelled))
    }.get()
  }

  /// MQTT 5, section 4.7.
  private static func isTopic(_ topic: String) -> Bool {
    (1...65_535).contains(topic.utf8.count) && !topic.utf8.contains { $0 == 0 || "+#".utf8.contains($0) }
  }

  /// Tokens with dots between them (docs.nats.io, "Subject-Based Messaging").
  private static func isSubject(_ subject: String) -> Bool {
    let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return subject.utf8.count <= 4_096
      && tokens.allSatisfy { token in
        !token.isEmpty && !token.contains { $0 <= 0x20 || $0 == 0x7F || "*>".utf8.contains($0) }
      }
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1_000_000_000_000_000_000
  }
}
