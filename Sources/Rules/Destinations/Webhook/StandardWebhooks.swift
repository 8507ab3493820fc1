internal import Crypto
internal import FoundationEssentials
package import Secrets

/// The signature of Standard Webhooks 1.0.0 (`spec/standard-webhooks.md`).
package enum StandardWebhooks {
  /// `webhook-signature`: for each key `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, or `v1a,` and that of
  /// an Ed25519 signature, with a space between.
  ///
  /// - Parameter timestamp: Unix seconds of the attempt.
  package static func signature(id: String, timestamp: Int64, body: [UInt8], keys: [SigningKey]) -> String {
    let content = signedContent(id, timestamp, body)
    return keys.compactMap { signature(of: content, $0) }.joined(separator: " ")
  }

  private static func signedContent(_ id: String, _ timestamp: Int64, _ body: [UInt8]) -> [UInt8] {
    Array("\(id).\(timestamp).".utf8) + body
  }

  /// Nil for a key that can only verify.
  private static func signature(of content: [UInt8], _ key: SigningKey) -> String? {
    switch key.kind {
    case .symmetric:
      let code = HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key.bytes))
      return "v1,\(Data(code).base64EncodedString())"
    case .ed25519Private:
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: key.bytes)
      return (try? key?.signature(for: content)).map { "v1a,\($0.base64EncodedString())" }
    case .ed25519Public: return nil
    }
  }

  /// What of a signature is right.
  package enum Verdict: Sendable, Equatable {
    case matches
    /// No signature of the header's is of the key's kind: `v1` for `whsec_`, `v1a` for `whsk_` and `whpk_`.
    case noneOfThisKind(wanted: String)
    case differs
  }

  /// - Parameter signatures: the header, with a space between them. Compared in constant time.
  package static func verify(
    _ signatures: String, id: String, timestamp: Int64, body: [UInt8], key: SigningKey
  ) -> Verdict {
    let content = signedContent(id, timestamp, body)
    let version = key.kind == .symmetric ? "v1" : "v1a"
    let given = signatures.split(separator: " ").compactMap { entry -> Data? in
      let parts = entry.split(separator: ",", maxSplits: 1)
      return parts.count == 2 && parts[0] == version ? Data(base64Encoded: String(parts[1])) : nil
    }
    if given.isEmpty { return .noneOfThisKind(wanted: version) }
    return given.contains { isRight($0, content, key) } ? .matches : .differs
  }

  private static func isRight(_ signature: Data, _ content: [UInt8], _ key: SigningKey) -> Bool {
    switch key.kind {
    case .symmetric:
      return HMAC<SHA256>.isValidAuthenticationCode(
        signature, authenticating: content, using: SymmetricKey(data: key.bytes))
    case .ed25519Private:
      guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: key.bytes) else { return false }
      return key.publicKey.isValidSignature(signature, for: content)
    case .ed25519Public:
      guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key.bytes) else { return false }
      return key.isValidSignature(signature, for: content)
    }
  }
}
