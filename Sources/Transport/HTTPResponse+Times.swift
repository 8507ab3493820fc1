import CCurl
package import WireTime

extension HTTPResponse {
  /// What `Retry-After` asks for, as seconds or as an HTTP date (RFC 9110, section 10.2.3); nil when there is none that
  /// can be read.
  ///
  /// - Parameters:
  ///   - now: Unix milliseconds, by which a date is measured.
  ///   - asker: who the answer is from.
  package func retryAfter(now: Int64, by asker: WireWait.Asker) -> WireWait? {
    guard let text = headers["Retry-After"] else { return nil }
    return WireWait(seconds: text, by: asker)
      ?? moment(text).map { WireWait(until: $0, now: now, by: asker) }
  }

  /// Unix milliseconds by the server's clock, by its `Date` (RFC 9110, section 6.6.1); nil when there is none that can be
  /// read. The header has whole seconds, of which the middle is taken.
  package var date: Int64? {
    headers["Date"].flatMap(moment)?.addingSaturated(500)
  }

  /// libcurl reads all three forms of an HTTP date, and years of any length; -1 is none.
  private func moment(_ text: String) -> Int64? {
    let date = Int64(curl_getdate(text, nil))
    return date == -1 ? nil : WireMoment.milliseconds(seconds: date)
  }
}
