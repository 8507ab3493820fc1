internal import JSONSource
internal import Secrets

/// How a destination is connected to.
extension RuleFileReader {
  static let connectionFields = ["ca", "clientCertificate", "clientKey", "http2", "allowPrivate"]

  func connection(_ reader: ObjectReader) -> DestinationSettings.Connection {
    DestinationSettings.Connection(
      ca: file("ca", reader), clientCertificate: clientCertificate(reader), allowsHTTP2: reader.bool("http2") ?? false,
      allowsPrivate: reader.bool("allowPrivate") ?? true)
  }

  /// A path, which may hold references. Whether the file is there is found when it is used: it may be made anew meanwhile.
  func file(_ key: String, _ reader: ObjectReader) -> ReferenceText? {
    reader[key].flatMap { reference($0, path: reader.pathOf(key), as: .plain) }
  }

  private func clientCertificate(_ reader: ObjectReader) -> (certificate: ReferenceText, key: ReferenceText)? {
    let (certificate, key) = (file("clientCertificate", reader), file("clientKey", reader))
    for (written, missing) in [("clientCertificate", "clientKey"), ("clientKey", "clientCertificate")] {
      guard let node = reader[written], reader[missing] == nil, !diagnostics.isCut(reader.node) else { continue }
      diagnostics.error(at: node.range, "\(reader.pathOf(written)) needs \"\(missing)\" beside it")
    }
    guard let certificate, let key else { return nil }
    return (certificate, key)
  }
}
