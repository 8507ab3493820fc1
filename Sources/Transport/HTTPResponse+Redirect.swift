import CCurl

extension HTTPResponse {
  /// Where a redirect leads, nil for any other answer and for what is no address. Never from https to http.
  ///
  /// - Parameter url: that was asked for; `Location` may be relative to it.
  package func redirect(from url: String) -> String? {
    guard [301, 302, 303, 307, 308].contains(status), let location = headers["Location"], let parser = curl_url() else {
      return nil
    }
    defer { curl_url_cleanup(parser) }
    guard curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
    let wasSecure = url.lowercased().hasPrefix("https:")
    guard curl_url_set(parser, CURLUPART_URL, location, UInt32(CURLU_URLENCODE)) == CURLUE_OK else { return nil }
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parser, CURLUPART_URL, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    let target = String(cString: text)
    let isAllowed = target.hasPrefix("https:") || (target.hasPrefix("http:") && !wasSecure)
    return isAllowed ? target : nil
  }
}
