internal import Crypto
internal import FoundationEssentials
package import Secrets

/// The signature of Standard Webhooks 1.0.0 (`spec/standard-webhooks.md`).
package enum StandardWebhooks {
  /// `webhook-signature`: for each key `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, with a space between.
  ///
  /// - Parameter timestamp: Unix seconds of the attempt.
  package static func signature(id: String, timestamp: Int64, body: [UInt8], keys: [SigningKey]) -> String {
    let content = Array("\(id).\(timestamp).".utf8) + body
    return keys.map { key in
      let code = HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key.bytes))
      return "v1,\(Data(code).base64EncodedString())"
    }.joined(separator: " ")
  }
}
