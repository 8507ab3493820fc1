/// A message for an MQTT 5 broker, which has it when it has acknowledged it (QoS 1).
package struct Publication: Sendable {
  /// `mqtt://host:port`, or `mqtts://host:port` over TLS.
  package var server: String
  /// Without `+`, `#` and NUL.
  package var topic: String
  package var payload: [UInt8]
  package var contentType: String?
  /// A user property of the message, `webhook-id`.
  package var id: String
  /// The broker keeps it for those who subscribe later.
  package var isRetained = false
  package var account: (user: String, password: String)?
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
  package static let ports = ["mqtt": 1883, "mqtts": 8883]
}

/// What the broker said of a message.
package struct PublicationReply: Sendable, Equatable {
  /// A reason code of MQTT 5 (section 2.4): below 128 it has the message.
  package let reason: Int
  /// For people.
  package let text: String
}
