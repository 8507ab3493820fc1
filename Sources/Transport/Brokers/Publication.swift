/// A message for a broker, which has it when it has acknowledged it: MQTT 5 with QoS 1, or a stream of NATS.
package struct Publication: Sendable {
  /// `mqtt://host:port` or `nats://host:port`, or over TLS `mqtts://host:port` or `tls://host:port`.
  package var server: String
  /// Of MQTT, without `+`, `#` and NUL; or a subject of NATS: tokens with dots between them, without blanks, `*` and `>`.
  package var topic: String
  package var payload: [UInt8]
  package var contentType: String?
  /// A user property of a message of MQTT, `webhook-id`; a stream of NATS recognises a repeat by it.
  package var id: String
  /// The broker keeps it for those who subscribe later. MQTT only.
  package var isRetained = false
  package var account: (user: String, password: String)?
  /// NATS only.
  package var token: String?
  /// Of NATS: a file with a JWT and a seed.
  package var credentialsFile: String?
  /// From the call to the acknowledgement.
  package var timeout: Duration = .seconds(30)
  /// As in ``HTTPRequest``.
  package var caFile: String?
  package var clientCertificate: ClientCertificate?
  package var egress = Egress.anywhere

  package init(server: String, topic: String, payload: [UInt8], id: String) {
    self.server = server
    self.topic = topic
    self.payload = payload
    self.id = id
  }

  /// The schemes of ``server``, with their ports.
  package static let ports = ["mqtt": 1883, "mqtts": 8883, "nats": 4222, "tls": 4222]

  static func isNATS(_ scheme: String) -> Bool { scheme == "nats" || scheme == "tls" }
}

/// What the broker said of a message.
package struct PublicationReply: Sendable, Equatable {
  /// A reason code of MQTT 5 (section 2.4): below 128 it has the message. Of NATS, which has no numbers for all that it says, a
  /// status like those of HTTP: 200, 401 for an account, 403 for a subject that isn't allowed, 413, 503 for no stream, 500.
  package let reason: Int
  /// For people.
  package let text: String
}
