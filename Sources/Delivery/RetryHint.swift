internal import JSONSource
internal import Runs
internal import Transport

/// How long an answer asks us to leave its sender alone.
enum RetryHint {
  /// Whoever asks for more may have mistaken milliseconds for seconds.
  static let longest: Duration = .seconds(86_400)

  /// The longest of everything that the answer says; nil when it says nothing that can be read. 0 to ``longest``.
  ///
  /// - 429 and 503: `Retry-After` as seconds or a date (RFC 9110, section 10.2.3); Discord's `X-RateLimit-Reset-After` and
  ///   `{"retry_after": 0.65}`, both in seconds (discord-api-docs, "Rate Limits"); Telegram's
  ///   `{"parameters": {"retry_after": 35}}`.
  /// - Any answer with `X-RateLimit-Remaining: 0`: `X-RateLimit-Reset-After`, for the next request would be refused.
  static func wait(_ response: HTTPResponse, now: Timestamp) -> Duration? {
    let isRefusal = response.status == 429 || response.status == 503
    let isSpent = response.headers["X-RateLimit-Remaining"].flatMap(Double.init) == 0
    guard isRefusal || isSpent else { return nil }
    var waits = [response.headers["X-RateLimit-Reset-After"].flatMap(seconds)]
    if isRefusal {
      waits.append(response.retryAfter(now: now.milliseconds))
      waits += body(response.body)
    }
    return waits.compactMap(\.self).max().map { min($0, longest) }
  }

  private static func body(_ bytes: [UInt8]) -> [Duration?] {
    guard bytes.first == UInt8(ascii: "{"), let root = try? JSONDocument(parsing: bytes).root else { return [] }
    return [root["retry_after"], root["parameters"]?["retry_after"]].map { $0?.number.flatMap(seconds) }
  }

  /// Rounded up to whole milliseconds: a moment too early is refused again.
  private static func seconds(_ text: String) -> Duration? {
    guard let value = Double(text), value >= 0 else { return nil }
    return .milliseconds(Int64((min(value, 86_400) * 1000).rounded(.up)))
  }
}
