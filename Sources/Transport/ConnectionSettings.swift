/// Proof of who we are, for servers that ask for it.
package struct ClientCertificate: Hashable, Sendable {
  /// PEM: the certificate, and those between it and the authority.
  package let certificateFile: String
  /// PEM, without a passphrase.
  package let keyFile: String

  package init(certificateFile: String, keyFile: String) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}

/// What a connection was opened under. Requests share connections only where all of it is the same.
struct ConnectionSettings: Hashable, Sendable {
  var egress = Egress.anywhere
  var allowsHTTP2 = false
  var caFile: String?
  var clientCertificate: ClientCertificate?

  /// - Throws: ``TransportError/unreadableFile(path:reason:)``.
  func checkFiles() throws(TransportError) {
    for path in [caFile, clientCertificate?.certificateFile, clientCertificate?.keyFile] {
      if let path { try checkReadable(path) }
    }
  }
}
