internal import Crypto
internal import Rules
internal import Secrets
internal import Notation

extension DestinationSettings {
  /// Another one when this has become another destination, so that what the old one said no longer holds. A digest over the
  /// type, where it leads and how the headers are written: their secrets may change without it. Hexadecimal.
  func fingerprint(_ secrets: SecretSource) -> String {
    let parts =
      [kind.rawValue] + identity(secrets)
      + http.headers.flatMap { [$0.name.lowercased(), $0.value.source] }
    var digest = SHA256()
    // The length before each part: no two lists read the same.
    for part in parts { digest.update(data: Array("\(part.utf8.count):\(part)".utf8)) }
    return Hexadecimal.text(digest.finalize())
  }
}
