import Secrets
import Testing

@testable import Rules

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

  @Test func `base64 without its equals signs is read as the reference libraries do`() throws {
    let padded = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    #expect(try signature([String(padded.dropLast())]) == signature([padded]))
  }

  @Test func `several secrets sign side by side`() throws {
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    #expect(try signature([secret, other]) == "\(signature([secret])) \(signature([other]))")
  }

  /// RFC 8032, section 7.1, test 1: this seed has this public key.
  private let seed = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
  private let publicKey = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

  @Test func `an Ed25519 secret signs what its public key verifies, beside others`() throws {
    let both = try signature([secret, seed])
    #expect(both.split(separator: " ").map { $0.prefix { $0 != "," } } == ["v1", "v1a"])
    let key = try SigningKey(Secret(publicKey))
    func verdict(_ body: String, _ signatures: String) -> StandardWebhooks.Verdict {
      StandardWebhooks.verify(
        signatures, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(body.utf8), key: key)
    }
    #expect(verdict(#"{"test": 2432232314}"#, both) == .matches)
    #expect(verdict(#"{"test": 2432232315}"#, both) == .differs)
    #expect(verdict(#"{"test": 2432232314}"#, "v1,AAAA") == .noneOfThisKind(wanted: "v1a"))
    #expect(try signature([publicKey]).isEmpty)
  }

  @Test func `a signature is right for its own id, time, body and secret only`() throws {
    let header = try signature([secret])
    func verdict(id: String = "msg_p5jXN8AQM9LWM0D4loKWxJek", at time: Int64 = 1_614_265_330, key: String? = nil) throws
      -> StandardWebhooks.Verdict
    {
      StandardWebhooks.verify(
        "v1,AAAA \(header)", id: id, timestamp: time, body: Array(#"{"test": 2432232314}"#.utf8),
        key: try SigningKey(Secret(key ?? secret)))
    }
    #expect(try verdict() == .matches)
    #expect(try verdict(id: "msg_other") == .differs)
    #expect(try verdict(at: 1_614_265_331) == .differs)
    #expect(try verdict(key: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") == .differs)
  }

  @Test func `the binary mode puts every attribute into a header, encoded as CloudEvents wants it`() throws {
    let event =
      #"{"specversion":"1.0","id":"evt_1","subject":"run 1 \"é€%","datacontenttype":"application/json","data":{"a":1.0}}"#
    let binary = try #require(CloudEventsBinary(Array(event.utf8)))
    #expect(String(decoding: binary.body, as: UTF8.self) == #"{"a":1.0}"#)
    #expect(
      binary.headers.map { "\($0.name): \($0.value)" } == [
        "ce-specversion: 1.0", "ce-id: evt_1", "ce-subject: run%201%20%22%C3%A9%E2%82%AC%25",
      ])
    #expect(CloudEventsBinary(Array("[]".utf8)) == nil)
  }

  @Test(arguments: ["whsk_AAAA", "whpk_AAAA", "whsec_not base64!", "whsec_AAAA", "whsec_A", ""])
  func `what can't be a secret is refused without showing it`(text: String) {
    let error = #expect(throws: SigningKeyError.self) { try SigningKey(Secret(text)) }
    #expect(error?.description.contains("not base64!") == false)
  }
}
