import Runs
import Testing
import Transport
import WireTime

@testable import Delivery

@Suite struct RetryHintTests {
  /// 2025-12-17T19:33:20Z.
  private static let now = Timestamp(milliseconds: 1_766_000_000_000)

  private func wait(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> Int64? {
    let response = HTTPResponse(
      status: status, headers: HTTPHeaders(headers.map { ($0.key, $0.value) }), body: Array(body.utf8))
    return RetryHint.wait(response, now: Self.now)?.duration.milliseconds
  }

  @Test(arguments: [429, 503]) func `Retry-After is seconds, whole or not, or a date`(status: Int) {
    #expect(wait(status) == nil)
    #expect(wait(status, ["Retry-After": "7"]) == 7_000)
    #expect(wait(status, ["retry-after": "0"]) == 0)
    #expect(wait(status, ["Retry-After": "1.5"]) == 1_500)
    #expect(wait(status, ["Retry-After": "Wed, 17 Dec 2025 19:34:20 GMT"]) == 60_000)
    #expect(wait(status, ["Retry-After": "Wed, 17 Dec 2025 19:30:00 GMT"]) == 0)
    for nonsense in ["", "soon", "nan", "inf", "0x10", "-1", "7 seconds"] {
      #expect(wait(status, ["Retry-After": nonsense]) == nil)
    }
  }

  @Test func `chat services say it in their own ways`() {
    #expect(wait(429, [:], #"{"message": "You are being rate limited.", "retry_after": 0.6521}"#) == 653)
    #expect(wait(429, [:], #"{"ok":false,"error_code":429,"parameters":{"retry_after":35}}"#) == 35_000)
    #expect(wait(429, [:], #"{"result":"error","code":"RATE_LIMIT_HIT","retry-after":28.7}"#) == 28_700)
    #expect(wait(429, [:], #"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}"#) == 2_500)
    #expect(wait(429, [:], #"{"retry_after_ms":-1}"#) == nil)
    #expect(wait(429, [:], #"{"retry_after_ms":9223372036854775807}"#) == 86_400_000)
    #expect(wait(429, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.25"]) == 1_250)
    for body in [#"{"retry_after": -1}"#, #"{"retry_after": "x"}"#, "[35]", "{", "35", #"{"parameters": 35}"#] {
      #expect(wait(429, [:], body) == nil, "\(body)")
    }
  }

  @Test func `of several the longest counts, and a day is the most`() {
    let headers = ["Retry-After": "1", "X-RateLimit-Reset-After": "3.5"]
    #expect(wait(429, headers, #"{"retry_after": 2}"#) == 3_500)
    #expect(wait(429, headers, #"{"retry_after": 4, "parameters": {"retry_after": 5}}"#) == 5_000)
    for long in ["86401", "1e300", "1e400", "99999999999999999999"] {
      #expect(wait(429, ["Retry-After": long]) == 86_400_000)
      #expect(wait(503, [:], "{\"retry_after\": \(long)}") == 86_400_000)
    }
  }

  @Test func `an answer that leaves no request over asks for a wait, whatever it is`() {
    for status in [200, 204, 400] {
      #expect(wait(status, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "2"]) == 2_000)
      #expect(wait(status, ["X-RateLimit-Remaining": "1", "X-RateLimit-Reset-After": "2"]) == nil)
      #expect(wait(status, ["X-RateLimit-Reset-After": "2", "Retry-After": "9"]) == nil)
      #expect(wait(status, ["X-RateLimit-Remaining": "0"]) == nil)
    }
    #expect(wait(200, ["X-RateLimit-Remaining": "0", "Retry-After": "9"], #"{"retry_after": 9}"#) == nil)
  }
}
