internal import Rules
internal import Secrets
internal import Transport

/// What the requests to a destination have in common, with every reference looked up.
struct RequestParts: Sendable {
  let url: String
  let headers: [(name: String, value: String)]
  let namesContentType: Bool
  let keys: [SigningKey]
  let caFile: String?
  let clientCertificate: ClientCertificate?

  /// - Throws: `SecretError`, `SigningKeyError`.
  init(of destination: DestinationSettings, _ secrets: SecretSource) throws {
    url = try secrets.resolve(destination.url, as: destination.kind.urlField).revealed
    headers = try destination.headers.map { header in
      (name: header.name, value: try secrets.resolve(header.value, as: .header(name: header.name)).revealed)
    }
    namesContentType = headers.contains { $0.name.lowercased() == "content-type" }
    keys =
      destination.kind != .webhook
      ? []
      : try destination.secrets.map { try SigningKey(secrets.resolve($0)) }
    caFile = try destination.connection.ca.map { try secrets.resolvePlain($0) }
    clientCertificate = try destination.connection.clientCertificate.map { files in
      ClientCertificate(
        certificateFile: try secrets.resolvePlain(files.certificate), keyFile: try secrets.resolvePlain(files.key))
    }
  }
}

extension DestinationSettings {
  /// Nothing of it can change while the process runs: the environment doesn't, files may.
  var isConstant: Bool {
    let files = [connection.ca, connection.clientCertificate?.certificate, connection.clientCertificate?.key]
    let texts = [url] + secrets + headers.map(\.value) + files.compactMap(\.self)
    return texts.flatMap(\.parts).allSatisfy { part in
      switch part {
      case .literal, .environment: true
      case .file, .credential: false
      }
    }
  }
}
