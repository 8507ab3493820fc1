import CCurl

extension HTTPResponse {
  /// What `Retry-After` asks for, as seconds or as an HTTP date (RFC 9110, section 10.2.3); nil when there is none that
  /// can be read. Never negative, and never more than a year.
  ///
  /// - Parameter now: Unix milliseconds, by which a date is measured.
  package func retryAfter(now: Int64) -> Duration? {
    guard let text = headers["Retry-After"] else { return nil }
    let year: Int64 = 365 * 86_400
    if let seconds = Double(text), seconds.isFinite {
      return .milliseconds(Int64(min(max(0, seconds), Double(year)) * 1000))
    }
    // libcurl reads all three forms of an HTTP date; -1 is none.
    let date = Int64(curl_getdate(text, nil))
    return date == -1 ? nil : .milliseconds(min(year * 1000, max(0, date * 1000 - now)))
  }
}

extension HTTPResponse {
  /// How far the server's clock is ahead of ours, by its `Date` (RFC 9110, section 6.6.1); nil when there is none that can
  /// be read. The header has whole seconds, of which the middle is taken.
  ///
  /// - Parameter now: Unix milliseconds when the answer came.
  package func clockSkew(now: Int64) -> Duration? {
    guard let text = headers["Date"] else { return nil }
    let date = Int64(curl_getdate(text, nil))
    return date == -1 ? nil : .milliseconds(date * 1000 + 500 - now)
  }
}
