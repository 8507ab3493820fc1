internal import JSONSource
internal import Runs
internal import Transport
internal import WireTime

/// How long an answer asks us to leave its sender alone.
enum RetryHint {
  /// The longest of everything that the answer says; nil when it says nothing that can be read.
  ///
  /// - 429 and 503: `Retry-After` as seconds or a date (RFC 9110, section 10.2.3); Discord's `X-RateLimit-Reset-After` and
  ///   `{"retry_after": 0.65}`, both in seconds (discord-api-docs, "Rate Limits"); Telegram's
  ///   `{"parameters": {"retry_after": 35}}`; Zulip's `{"retry-after": 2.5}`; Matrix' `{"retry_after_ms": 1500}`.
  /// - Any answer with `X-RateLimit-Remaining: 0`: `X-RateLimit-Reset-After`, for the next request would be refused.
  static func wait(_ response: HTTPResponse, now: Timestamp) -> WireWait? {
    let isRefusal = response.status == 429 || response.status == 503
    let isSpent = response.headers["X-RateLimit-Remaining"].flatMap { WireNumber.decimal($0) } == 0
    guard isRefusal || isSpent else { return nil }
    var waits = [response.headers["X-RateLimit-Reset-After"].flatMap(seconds)]
    if isRefusal {
      waits.append(response.retryAfter(now: now.milliseconds, by: .receiver))
      waits += body(response.body)
    }
    return waits.compactMap(\.self).reduce(nil) { longest, wait in longest?.orLonger(wait) ?? wait }
  }

  private static func body(_ bytes: [UInt8]) -> [WireWait?] {
    guard bytes.first == UInt8(ascii: "{"), let root = try? JSONDocument(parsing: bytes).root else { return [] }
    let places = [root["retry_after"], root["parameters"]?["retry_after"], root["retry-after"]]
    let milliseconds = root["retry_after_ms"]?.integer.flatMap { $0 > 0 ? $0 : nil }
    return places.map { $0?.number.flatMap(seconds) } + [milliseconds.flatMap { seconds("\(Double($0) / 1_000)") }]
  }

  private static func seconds(_ text: String) -> WireWait? {
    WireWait(seconds: text, by: .receiver)
  }
}
