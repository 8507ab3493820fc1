internal import HTTPSyntax

/// A ``MailRequest`` of which no part can break the dialogue with the server.
final class CheckedMail: Sendable {
  let request: MailRequest
  let server: ServerAddress

  var isSecureFromTheStart: Bool { server.scheme == "smtps" }

  /// - Throws: `invalidURL`, `invalidHeader` or `unreadableFile`.
  init(_ request: MailRequest) throws(TransportError) {
    self.request = request
    do throws(ServerAddressProblem) {
      server = try ServerAddress(request.server, ports: MailRequest.ports)
    } catch {
      throw .invalidURL
    }
    guard Self.isPath(request.sender) else { throw .invalidHeader(name: "from") }
    guard Self.isPath(request.recipient) else { throw .invalidHeader(name: "to") }
    try ConnectionSettings(caFile: request.caFile, clientCertificate: request.clientCertificate).checkFiles()
  }

  /// Nothing that ends the path or the command that it stands in.
  private static func isPath(_ address: String) -> Bool {
    !address.isEmpty && address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E }
  }
}
