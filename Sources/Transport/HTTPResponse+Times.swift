import CCurl
package import WireTime

extension HTTPResponse {
  /// The wait that `Retry-After` asks for, in seconds or as an HTTP date (RFC 9110, section 10.2.3); nil if it is missing or
  /// malformed.
  ///
  /// - Parameters:
  ///   - now: Unix milliseconds, the reference for a date.
  ///   - asker: the sender of the answer.
  package func retryAfter(now: Int64, by asker: WireWait.Asker) -> WireWait? {
    guard let text = headers["Retry-After"] else { return nil }
    return WireWait(seconds: text, by: asker)
      ?? moment(text).map { WireWait(until: $0, now: now, by: asker) }
  }

  /// The server's clock in Unix milliseconds, from its `Date` header (RFC 9110, section 6.6.1); nil if that is missing or
  /// malformed. The header has whole seconds; this is the middle of that second.
  package var date: Int64? {
    headers["Date"].flatMap(moment)?.addingSaturated(500)
  }

  /// libcurl reads all three forms of an HTTP date, and years of any length; it returns -1 for a malformed one.
  private func moment(_ text: String) -> Int64? {
    let date = Int64(curl_getdate(text, nil))
    return date == -1 ? nil : WireMoment.milliseconds(seconds: date)
  }
}
