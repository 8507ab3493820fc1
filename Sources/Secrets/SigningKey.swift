internal import FoundationEssentials

/// A key of Standard Webhooks, as the reference libraries write it (standard-webhooks, `libraries/*`): base64 behind
/// `whsec_` (or nothing), `whsk_` or `whpk_`.
package struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  package enum Kind: Sendable, Equatable {
    /// HMAC-SHA256, 24 to 64 bytes.
    case symmetric
    /// The 32-byte seed; a public key that follows it is dropped.
    case ed25519Private
    /// 32 bytes. Not secret; it can only verify.
    case ed25519Public
  }

  package let kind: Kind
  package let bytes: [UInt8]

  package init(_ secret: Secret) throws(SigningKeyError) {
    let text = secret.revealed
    let kinds: [(prefix: String, kind: Kind)] = [
      ("whsec_", .symmetric), ("whsk_", .ed25519Private), ("whpk_", .ed25519Public), ("", .symmetric),
    ]
    guard let (prefix, kind) = kinds.first(where: { text.hasPrefix($0.prefix) }),
      let data = Data(base64Encoded: Self.padded(String(text.dropFirst(prefix.count))))
    else { throw SigningKeyError(description: "the signing secret is not base64") }
    self.kind = kind
    bytes = try Self.bytes(Array(data), kind)
  }

  /// The bytes of the secret's text, for senders that don't decode it.
  package init(rawText text: String) {
    kind = .symmetric
    bytes = Array(text.utf8)
  }

  /// The reference libraries accept base64 without trailing equals signs.
  private static func padded(_ base64: String) -> String {
    base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
  }

  private static func bytes(_ bytes: [UInt8], _ kind: Kind) throws(SigningKeyError) -> [UInt8] {
    switch kind {
    case .symmetric:
      guard bytes.count >= 16 else {
        throw SigningKeyError(description: "the signing secret has \(bytes.count) bytes, but 24 to 64 are needed")
      }
      return bytes
    case .ed25519Private:
      guard bytes.count == 32 || bytes.count == 64 else {
        throw SigningKeyError(description: "the Ed25519 secret has \(bytes.count) bytes, but 32 or 64 are needed")
      }
      return Array(bytes.prefix(32))
    case .ed25519Public:
      guard bytes.count == 32 else {
        throw SigningKeyError(description: "the Ed25519 public key has \(bytes.count) bytes, but 32 are needed")
      }
      return bytes
    }
  }

  package var description: String { "•••" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A signing secret that can't be used. `description` never holds the secret.
package struct SigningKeyError: Error, Sendable, CustomStringConvertible {
  package let description: String
  package var hint: String { "make one with: echo \"whsec_$(head -c 32 /dev/urandom | base64)\"" }
}
