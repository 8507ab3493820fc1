package import Rules
package import Runs
package import Secrets
package import Storage
internal import Transport

/// Makes what one attempt sends, with every reference looked up.
package struct RequestBuilder: Sendable {
  private let secrets: SecretSource
  private let time: TimeSource

  package init(secrets: SecretSource, time: TimeSource) {
    self.secrets = secrets
    self.time = time
  }

  /// - Parameters:
  ///   - id: of the delivery, the same on every attempt.
  ///   - run: that it is about; empty for none.
  ///   - content: what the rule's action rendered.
  ///   - event: the whole event, JSON.
  ///   - sequel: what it continues.
  /// - Throws: `SecretError`, `SigningKeyError`.
  package func message(
    id: String, run: String, content: DeliveryContent, event: [UInt8], sequel: OutgoingSequel = OutgoingSequel(),
    to destination: DestinationSettings
  ) throws -> PreparedMessage {
    try message(
      id: id, run: run, content: content, event: event, sequel: sequel, RequestParts(of: destination, secrets))
  }

  func message(
    id: String, run: String, content: DeliveryContent, event: [UInt8], sequel: OutgoingSequel, _ parts: RequestParts
  ) -> PreparedMessage {
    var body: [UInt8]?
    if case .body(let rendered) = content { body = parts.limits?.fit(rendered) ?? rendered }
    let time = time.now().milliseconds / 1000
    var message = OutgoingMessage(id: id, run: run, event: event, body: body, time: time)
    message.sequel = sequel
    switch parts.make(message) {
    case .http(let made): return .http(request(made, parts))
    case .append(let line): return .append(line)
    case .mail(let made): return mail(made, parts)
    case .publish(let made): return .publish(publication(made, parts))
    }
  }

  private func publication(_ made: OutgoingPublication, _ parts: RequestParts) -> Publication {
    var publication = Publication(server: made.server, topic: made.topic, payload: made.payload, id: made.id)
    publication.contentType = made.contentType
    publication.account = made.account
    publication.isRetained = made.isRetained
    publication.token = made.token
    publication.credentialsFile = made.credentialsFile
    publication.caFile = parts.caFile
    publication.clientCertificate = parts.clientCertificate
    publication.egress = parts.egress
    return publication
  }

  private func mail(_ made: OutgoingMail, _ parts: RequestParts) -> PreparedMessage {
    var mail = MailRequest(
      server: made.server, sender: made.sender, recipient: made.recipient, content: made.content)
    mail.account = made.account.map { MailRequest.Account(user: $0.user, password: $0.password) }
    mail.requiresTLS = made.requiresTLS
    mail.caFile = parts.caFile
    mail.clientCertificate = parts.clientCertificate
    mail.egress = parts.egress
    return .mail(
      mail, PreparedMessage.Preview(method: "MAIL", url: made.server, headers: made.headers, body: made.body))
  }

  private func request(_ made: OutgoingRequest, _ parts: RequestParts) -> HTTPRequest {
    var headers = parts.headers
    if !parts.namesContentType { headers.append(("Content-Type", made.contentType)) }
    headers += made.headers
    var request = HTTPRequest(made.method, made.url, headers: headers, body: made.body)
    request.caFile = parts.caFile
    request.clientCertificate = parts.clientCertificate
    request.allowsHTTP2 = parts.allowsHTTP2
    request.egress = parts.egress
    request.signature = made.signature.map { made in
      AWSSignature(
        accessKey: made.accessKey, secretKey: made.secretKey, sessionToken: made.sessionToken, region: made.region,
        service: made.service)
    }
    return request
  }
}

/// What the requests to a destination have in common, with every reference looked up.
struct RequestParts: Sendable {
  let make: RequestMaker
  let limits: BodyLimits?
  let headers: [(name: String, value: String)]
  let namesContentType: Bool
  let caFile: String?
  let clientCertificate: ClientCertificate?
  let allowsHTTP2: Bool
  let allowsPrivate: Bool
  /// Whoever writes a rules file isn't thereby allowed to have the machine's own credentials sent somewhere.
  var egress: Egress { allowsPrivate ? .notMetadata : .publicOnly }
  /// Nothing of it can change while the process runs.
  let isConstant: Bool

  /// - Throws: `SecretError`, `SigningKeyError`.
  init(of destination: DestinationSettings, _ secrets: SecretSource) throws {
    let resolver = ReferenceResolver(secrets)
    let http = destination.http
    make = try destination.requestMaker(resolver)
    limits = destination.kind.limits
    headers = try http.headers.map { header in
      (name: header.name, value: try resolver.text(header.value, as: .header(name: header.name)))
    }
    namesContentType = headers.contains { $0.name.lowercased() == "content-type" }
    caFile = try http.ca.map { try resolver.text($0, as: .plain) }
    if let certificate = http.clientCertificate, let key = http.clientKey {
      clientCertificate = ClientCertificate(
        certificateFile: try resolver.text(certificate, as: .plain), keyFile: try resolver.text(key, as: .plain))
    } else {
      clientCertificate = nil
    }
    (allowsHTTP2, allowsPrivate) = (http.allowsHTTP2, http.allowsPrivate)
    isConstant = resolver.isConstant
  }
}
