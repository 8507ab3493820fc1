import Glibc
import TestSupport

/// Certificates for servers on this machine, made by `openssl` in a directory of their own.
final class Certificates: Sendable {
  /// A certificate and its key.
  struct Pair: Sendable {
    let certificate: String
    let key: String
  }

  static let canBeMade = access("/usr/bin/openssl", X_OK) == 0

  let authority: Pair
  /// Has signed nothing.
  let otherAuthority: Pair
  let directory: ScratchDirectory

  init() throws {
    directory = try ScratchDirectory()
    authority = try Self.makeAuthority("authority", directory)
    otherAuthority = try Self.makeAuthority("other", directory)
  }

  /// A certificate of ``authority``.
  ///
  /// - Parameters:
  ///   - names: as in `subjectAltName`.
  ///   - days: from now; negative for one that has expired.
  func make(_ name: String, names: String = "DNS:localhost,IP:127.0.0.1", days: Int = 2) throws -> Pair {
    let (pair, path) = (pair(name), "\(directory.path)/\(name)")
    let extensions = try directory.write("subjectAltName=\(names)\n".utf8, to: "\(name).ext")
    try runProcess(
      "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.key, "-out",
      "\(path).request", "-subj", "/CN=\(name)")
    try runProcess(
      "openssl", "x509", "-req", "-in", "\(path).request", "-CA", authority.certificate, "-CAkey", authority.key,
      "-CAcreateserial", "-days", "\(days)", "-extfile", extensions, "-out", pair.certificate)
    return pair
  }

  private func pair(_ name: String) -> Pair {
    Pair(certificate: "\(directory.path)/\(name).pem", key: "\(directory.path)/\(name).key")
  }

  private static func makeAuthority(_ name: String, _ directory: ScratchDirectory) throws -> Pair {
    let pair = Pair(certificate: "\(directory.path)/\(name).pem", key: "\(directory.path)/\(name).key")
    try runProcess(
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.key,
      "-out", pair.certificate, "-subj", "/CN=\(name)", "-days", "2")
    return pair
  }
}

extension ChildServer {
  /// A TLS server that answers every GET with a page about the connection.
  static func tls(_ pair: Certificates.Pair, _ options: String...) throws -> ChildServer {
    try ChildServer(
      ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", pair.certificate, "-key", pair.key, "-www"] + options)
  }

  var secureURL: String { "https://localhost:\(port)/" }
}
