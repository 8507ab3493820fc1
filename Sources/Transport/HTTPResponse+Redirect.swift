import CCurl

extension HTTPResponse {
  /// The target of a redirect; nil for other answers, for an invalid address, and for a redirect from https to http.
  ///
  /// - Parameter url: the request's URL; `Location` may be relative to it.
  package func redirect(from url: String) -> String? {
    guard let target = Target(of: self, from: url)?.text else { return nil }
    let wasSecure = url.lowercased().hasPrefix("https:")
    return target.hasPrefix("https:") || (target.hasPrefix("http:") && !wasSecure) ? target : nil
  }

  /// The target of a redirect in a form that may be shown, as a clause: `which points to https://new.example`. Path, query and
  /// user of either address may hold secrets. Nil as in ``redirect(from:)``, but redirects from https to http are included.
  package func redirectClause(from url: String) -> String? {
    guard let target = Target(of: self, from: url) else { return nil }
    return target.origin == Target(url)?.origin
      ? "which points to another path of the same server" : "which points to \(target.origin)"
  }
}

/// The parts of an address.
private struct Target {
  let text: String
  /// `https://host`, with the port if it isn't the scheme's default.
  let origin: String

  init?(of response: HTTPResponse, from url: String) {
    guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["Location"] else {
      return nil
    }
    self.init(url, location)
  }

  init?(_ url: String, _ reference: String? = nil) {
    guard let parser = curl_url() else { return nil }
    defer { curl_url_cleanup(parser) }
    guard curl_url_set(parser, CURLUPART_URL, url, UInt32(CURLU_URLENCODE)) == CURLUE_OK else { return nil }
    if let reference, curl_url_set(parser, CURLUPART_URL, reference, UInt32(CURLU_URLENCODE)) != CURLUE_OK {
      return nil
    }
    func part(_ part: CURLUPart, _ flags: Int = 0) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(parser, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
      defer { curl_free(text) }
      return String(cString: text)
    }
    guard let text = part(CURLUPART_URL), let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST) else {
      return nil
    }
    self.text = text
    let port = part(CURLUPART_PORT, Int(CURLU_NO_DEFAULT_PORT)).map { ":\($0)" } ?? ""
    origin = "\(scheme)://\(host.lowercased())\(port)"
  }
}
