package import Rules
package import Runs
package import Secrets
package import Storage
package import Transport

/// Makes the HTTP request of one attempt, with every reference looked up.
package struct RequestBuilder: Sendable {
  private let secrets: SecretSource
  private let time: TimeSource

  package init(secrets: SecretSource, time: TimeSource) {
    self.secrets = secrets
    self.time = time
  }

  /// - Parameters:
  ///   - id: of the delivery, the same on every attempt.
  ///   - content: what the rule's action rendered.
  ///   - event: the whole event, JSON.
  /// - Throws: `SecretError`, `SigningKeyError`.
  package func request(
    id: String, content: DeliveryContent, event: [UInt8], to destination: DestinationSettings
  ) throws -> HTTPRequest {
    try request(id: id, content: content, event: event, to: destination, RequestParts(of: destination, secrets))
  }

  func request(
    id: String, content: DeliveryContent, event: [UInt8], to destination: DestinationSettings, _ parts: RequestParts
  ) -> HTTPRequest {
    let binary = destination.format == .binary && content == .event ? CloudEventsBinary(event) : nil
    let (contentType, body) =
      binary.map { ("application/json", $0.body) } ?? destination.kind.type.message(content, event: event)
    var headers = parts.headers
    if !parts.namesContentType { headers.append(("Content-Type", contentType)) }
    if let binary { headers += binary.headers }
    if destination.kind == .webhook { headers += signature(id, body, parts.keys) }
    var request = HTTPRequest("POST", parts.url, headers: headers, body: body)
    request.caFile = parts.caFile
    request.clientCertificate = parts.clientCertificate
    request.allowsHTTP2 = destination.connection.allowsHTTP2
    // Whoever writes a rules file isn't thereby allowed to have the machine's own credentials sent somewhere.
    request.egress = destination.connection.allowsPrivate ? .notMetadata : .publicOnly
    return request
  }

  private func signature(_ id: String, _ body: [UInt8], _ keys: [SigningKey]) -> [(name: String, value: String)] {
    let timestamp = time.now().milliseconds / 1000
    var headers = [(name: "webhook-id", value: id), (name: "webhook-timestamp", value: "\(timestamp)")]
    if !keys.isEmpty {
      let signature = StandardWebhooks.signature(id: id, timestamp: timestamp, body: body, keys: keys)
      headers.append(("webhook-signature", signature))
    }
    return headers
  }
}
