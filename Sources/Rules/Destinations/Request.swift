/// What one attempt sends: the rendered message, or the event itself.
package struct OutgoingMessage: Sendable {
  /// The delivery's id: the same on every attempt and replay.
  package let id: String
  /// The whole event, JSON in CloudEvents' structured mode.
  package let event: [UInt8]
  /// What the action rendered, JSON, within the limits of the type; nil: the event itself is sent.
  package let body: [UInt8]?
  /// Unix seconds of this attempt.
  package let time: Int64

  package init(id: String, event: [UInt8], body: [UInt8]?, time: Int64) {
    self.id = id
    self.event = event
    self.body = body
    self.time = time
  }
}

/// A request as a type of destination wants it. TLS, time-outs, the user's own headers and the addresses that may be reached
/// are added when it is sent.
package struct OutgoingRequest: Sendable {
  package var method = "POST"
  package var url: String
  /// The user's own header of this name replaces it.
  package var contentType = "application/json"
  package var headers: [(name: String, value: String)] = []
  package var body: [UInt8]

  package init(_ url: String, body: [UInt8]) {
    self.url = url
    self.body = body
  }
}

/// Makes the request of one attempt, with every reference looked up.
package typealias RequestMaker = @Sendable (OutgoingMessage) -> OutgoingRequest
