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
    let binary = destination.format == .binary && content == .event ? CloudEventsBinary(event) : nil
    let (contentType, body) =
      binary.map { ("application/json", $0.body) } ?? destination.kind.type.message(content, event: event)
    let url = try secrets.resolve(destination.url).revealed
    secrets.redactor.addPath(ofURL: url)
    var headers = try destination.headers.map { header in
      let value = try secrets.resolve(header.value).revealed
      // A credential that was written into the file itself is one all the same.
      if header.name.lowercased() == "authorization" {
        secrets.redactor.add(String(value.drop { $0 != " " }.dropFirst()))
      }
      return (name: header.name, value: value)
    }
    if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      headers.append(("Content-Type", contentType))
    }
    if let binary { headers += binary.headers }
    if destination.kind == .webhook { headers += try signature(id, body, destination) }
    return try connecting(
      HTTPRequest("POST", url, headers: headers, body: body), as: destination.connection)
  }

  private func connecting(
    _ request: HTTPRequest, as connection: DestinationSettings.Connection
  ) throws -> HTTPRequest {
    var request = request
    request.caFile = try connection.ca.map(secrets.resolvePlain)
    request.clientCertificate = try connection.clientCertificate.map { files in
      ClientCertificate(
        certificateFile: try secrets.resolvePlain(files.certificate), keyFile: try secrets.resolvePlain(files.key))
    }
    request.allowsHTTP2 = connection.allowsHTTP2
    // Whoever writes a rules file isn't thereby allowed to have the machine's own credentials sent somewhere.
    request.egress = connection.allowsPrivate ? .notMetadata : .publicOnly
    return request
  }

  private func signature(
    _ id: String, _ body: [UInt8], _ destination: DestinationSettings
  ) throws -> [(name: String, value: String)] {
    let timestamp = time.now().milliseconds / 1000
    let keys = try destination.secrets.map { text in
      let secret = try secrets.resolve(text)
      secrets.redactor.add(secret.revealed)
      return try SigningKey(secret)
    }
    var headers = [(name: "webhook-id", value: id), (name: "webhook-timestamp", value: "\(timestamp)")]
    if !keys.isEmpty {
      let signature = StandardWebhooks.signature(id: id, timestamp: timestamp, body: body, keys: keys)
      headers.append(("webhook-signature", signature))
    }
    return headers
  }
}
