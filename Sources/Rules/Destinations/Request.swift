/// What one attempt sends: the rendered message, or the event itself.
package struct OutgoingMessage: Sendable {
  /// The delivery's id: the same on every attempt and replay.
  package let id: String
  /// Of the run that it is about; empty for what is about none.
  package let run: String
  /// The whole event, JSON in CloudEvents' structured mode. Empty beside a body, unless ``Destination/needsEvent``.
  package let event: [UInt8]
  /// What the action rendered, JSON, within the limits of the type; nil: the event itself is sent.
  package let body: [UInt8]?
  /// Unix seconds of this attempt.
  package let time: Int64
  package var sequel = OutgoingSequel()

  package init(id: String, run: String, event: [UInt8], body: [UInt8]?, time: Int64) {
    self.id = id
    self.run = run
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
  /// Nil: it isn't signed.
  package var signature: OutgoingSignature?

  package init(_ url: String, body: [UInt8]) {
    self.url = url
    self.body = body
  }
}

/// What one attempt sends, as a type of destination makes it: a value for the sender of its kind. Repeats, pacing and holds are
/// common to all kinds.
package enum Outgoing: Sendable {
  case http(OutgoingRequest)
  case append(FileLine)
  case mail(OutgoingMail)
  case publish(OutgoingPublication)
}

/// A line for the end of a file.
package struct FileLine: Sendable {
  /// Absolute.
  package let path: String
  /// Without a line break in it or at its end.
  package let text: [UInt8]

  package init(path: String, text: [UInt8]) {
    self.path = path
    self.text = text
  }
}

/// By what a request to AWS is signed (Signature Version 4).
package struct OutgoingSignature: Sendable {
  package let accessKey: String
  package let secretKey: String
  package let sessionToken: String?
  package let region: String
  package let service: String
}

/// A message for a broker of MQTT or NATS.
package struct OutgoingPublication: Sendable {
  /// `mqtt://`, `mqtts://`, `nats://` or `tls://`, a host and a port.
  package let server: String
  package let topic: String
  /// Of the delivery.
  package let id: String
  package let payload: [UInt8]
  package var contentType = "application/json"
  package var account: (user: String, password: String)?
  package var isRetained = false
  package var token: String?
  /// A path.
  package var credentialsFile: String?

  init(server: String, topic: String, id: String, payload: [UInt8]) {
    self.server = server
    self.topic = topic
    self.id = id
    self.payload = payload
  }
}

/// A mail for one recipient.
package struct OutgoingMail: Sendable {
  /// `smtp://` or `smtps://`, a host and a port.
  package let server: String
  /// To whom the server reports what it can't deliver.
  package let sender: String
  package var recipient = ""
  package var account: (user: String, password: String)?
  package var requiresTLS = true
  /// All but those of MIME, which ``content`` begins with, too.
  package var headers: [(name: String, value: String)] = []
  /// The whole mail, with CR LF.
  package var content: [UInt8] = []
  /// What it was made of, JSON.
  package var body: [UInt8] = []

  init(server: String, sender: String) {
    self.server = server
    self.sender = sender
  }
}

/// Makes what one attempt sends, with every reference looked up.
package typealias RequestMaker = @Sendable (OutgoingMessage) -> Outgoing
