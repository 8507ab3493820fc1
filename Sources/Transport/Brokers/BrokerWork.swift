import CMosquitto
internal import HTTPSyntax
internal import Notation

/// The work of one message, which blocks. It goes on until the library lets go of it, which may be after the wait is over.
struct BrokerWork: Sendable {
  let publication: Publication
  let server: ServerAddress
  let wait: BrokerWait

  init(_ publication: Publication, _ server: ServerAddress, _ wait: BrokerWait) {
    (self.publication, self.server, self.wait) = (publication, server, wait)
  }

  func publishToMQTT() throws(TransportError) -> PublicationReply {
    // The library checks the certificate against the name that it connects to.
    try onFirst(of: server.scheme == "mqtts" ? [server.bareHost] : addresses()) { host throws(TransportError) in
      try publishToMQTT(host)
    }
  }

  private func publishToMQTT(_ host: String) throws(TransportError) -> PublicationReply {
    let connection = try MQTTConnection(publication, server)
    if wait.isOver { throw .cancelled }
    if server.scheme == "mqtts" { _ = try addresses() }
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

  private func turn(_ connection: borrowing MQTTConnection) throws(TransportError) {
    if wait.isOver { throw .cancelled }
    try connection.turn()
  }

  /// The addresses of the server that may be reached.
  ///
  /// - Throws: ``TransportError/couldNotResolve(host:)`` and `forbiddenAddress`.
  func addresses() throws(TransportError) -> [String] {
    guard publication.egress != .anywhere else { return [server.bareHost] }
    let found = try Resolver.addresses(of: server.bareHost, host: server.host)
    let allowed = found.filter { publication.egress.allows($0) }
    guard !allowed.isEmpty else {
      throw .forbiddenAddress(host: server.host, address: found.first?.description ?? server.host)
    }
    return allowed.map(\.description)
  }

  /// Goes on to the next host where nothing can be connected to.
  func onFirst(
    of hosts: [String], _ exchange: (String) throws(TransportError) -> PublicationReply
  ) throws(TransportError) -> PublicationReply {
    for host in hosts.dropLast() {
      do throws(TransportError) {
        return try exchange(host)
      } catch {
        guard case .couldNotConnect = error else { throw error }
      }
    }
    return try exchange(hosts.last ?? server.bareHost)
  }

  /// The library has looked the name up itself.
  private func checkPeer(_ connection: borrowing MQTTConnection) throws(TransportError) {
    guard publication.egress != .anywhere, let peer = Resolver.peer(of: connection.socket) else { return }
    if !publication.egress.allows(peer) { throw .forbiddenAddress(host: server.host, address: peer.description) }
  }
}

extension PublicationReply {
  init(reason: Int) {
    self.init(reason: reason, text: cmosquitto_reason_text(Int32(reason)).map { String(cString: $0) } ?? "")
  }
}
