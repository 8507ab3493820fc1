/// A client certificate, for servers that require one.
package struct ClientCertificate: Hashable, Sendable {
  /// PEM: the certificate and its intermediates.
  package let certificateFile: String
  /// PEM, without a passphrase.
  package let keyFile: String

  package init(certificateFile: String, keyFile: String) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}

/// The settings a connection was opened with. Requests share connections only if all of them are equal.
struct ConnectionSettings: Hashable, Sendable {
  var egress = Egress.anywhere
  var allowsHTTP2 = false
  var caFile: String?
  var clientCertificate: ClientCertificate?
  /// libcurl signs the requests.
  var isSigned = false

  /// - Throws: ``TransportError/unreadableFile(path:reason:)``.
  func checkFiles() throws(TransportError) {
    for path in [caFile, clientCertificate?.certificateFile, clientCertificate?.keyFile] {
      if let path { try checkReadable(path) }
    }
  }
}
