import Secrets
import Testing

@testable import Delivery

@Suite struct SignatureTests {
  /// The vector that the reference libraries test with (standard-webhooks, `libraries/*`).
  private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  private func signature(_ secrets: [String]) throws -> String {
    StandardWebhooks.signature(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
      keys: try secrets.map { try SigningKey(Secret($0)) })
  }

  @Test func `the vector of Standard Webhooks is reproduced`() throws {
    #expect(try signature([secret]) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test func `the prefix of a secret may be left out`() throws {
    #expect(try signature([String(secret.dropFirst(6))]) == signature([secret]))
  }

  @Test func `several secrets sign side by side`() throws {
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    #expect(try signature([secret, other]) == "\(signature([secret])) \(signature([other]))")
  }

  @Test(arguments: ["whsec_not base64!", "whsec_AAAA", ""])
  func `what can't be a secret is refused without showing it`(text: String) {
    let error = #expect(throws: SigningKeyError.self) { try SigningKey(Secret(text)) }
    #expect(error?.description.contains("not base64!") == false)
  }
}
