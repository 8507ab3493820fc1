internal import FoundationEssentials

/// The bytes of a symmetric Standard Webhooks secret: base64, with or without `whsec_` before it, as the reference
/// libraries read it (standard-webhooks, `libraries/*`).
package struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  package let bytes: [UInt8]

  package init(_ secret: Secret) throws(SigningKeyError) {
    let prefix = "whsec_"
    let text = secret.revealed
    guard let data = Data(base64Encoded: text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text) else {
      throw SigningKeyError(description: "the signing secret is not base64")
    }
    guard data.count >= 16 else {
      throw SigningKeyError(description: "the signing secret has \(data.count) bytes, and 24 to 64 are asked for")
    }
    bytes = Array(data)
  }

  package var description: String { "•••" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A signing secret that can't be used. `description` never holds the secret.
package struct SigningKeyError: Error, Sendable, CustomStringConvertible {
  package let description: String
  package var hint: String { "make one with: echo \"whsec_$(head -c 32 /dev/urandom | base64)\"" }
}
