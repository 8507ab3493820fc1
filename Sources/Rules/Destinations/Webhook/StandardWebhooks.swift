internal import Crypto
internal import FoundationEssentials
package import Secrets

/// The signature of Standard Webhooks 1.0.0 (`spec/standard-webhooks.md`).
package enum StandardWebhooks {
  /// What signs a destination's messages: its keys, made ready once. Hashing the key took as long as hashing a small message.
  struct Signer: Sendable {
    private enum Key: Sendable {
      /// Has taken the key in, and nothing behind it.
      case symmetric(HMAC<SHA256>)
      case ed25519(Curve25519.Signing.PrivateKey)
    }

    private let keys: [Key]

    /// Keys that can only verify are left out.
    init(_ keys: [SigningKey]) {
      self.keys = keys.compactMap { key -> Key? in
        switch key.kind {
        case .symmetric: .symmetric(HMAC<SHA256>(key: SymmetricKey(data: key.bytes)))
        case .ed25519Private: (try? Curve25519.Signing.PrivateKey(rawRepresentation: key.bytes)).map(Key.ed25519)
        case .ed25519Public: nil
        }
      }
    }

    /// See ``StandardWebhooks/signature(id:timestamp:body:keys:)``.
    func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
      let content = signedContent(id, timestamp, body)
      return keys.compactMap { signature(of: content, $0) }.joined(separator: " ")
    }

    private func signature(of content: [UInt8], _ key: Key) -> String? {
      switch key {
      case .symmetric(var code):
        code.update(data: content)
        return "v1,\(Data(code.finalize()).base64EncodedString())"
      case .ed25519(let key):
        return (try? key.signature(for: content)).map { "v1a,\($0.base64EncodedString())" }
      }
    }
  }

  /// `webhook-signature`: for each key `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, or `v1a,` and that of
  /// an Ed25519 signature, with a space between.
  ///
  /// - Parameter timestamp: Unix seconds of the attempt.
  package static func signature(id: String, timestamp: Int64, body: [UInt8], keys: [SigningKey]) -> String {
    Signer(keys).signature(id: id, timestamp: timestamp, body: body)
  }

  private static func signedContent(_ id: String, _ timestamp: Int64, _ body: [UInt8]) -> [UInt8] {
    Array("\(id).\(timestamp).".utf8) + body
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
