internal import HTTPServing
internal import Notation

/// Decides who may read and who may act.
///
/// - On a loopback address, every local user may read. On any other address, reading needs the token.
/// - Acting always needs the token; from a browser it also needs a page of ours.
/// - A foreign page can make its own host name resolve to this address (DNS rebinding). Its requests carry that name and no token,
///   so a host name that isn't this machine's is accepted only together with the token.
struct Gate: Sendable {
  enum Access: Sendable {
    /// Everyone: only whether it is healthy.
    case open
    case reading
    case acting
  }

  let token: AccessToken?
  let isLoopback: Bool

  /// - Parameter host: that is listened on.
  init(host: String, token: AccessToken?) {
    self.token = token
    isLoopback = Self.isLoopback(host)
  }

  static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || (host.hasPrefix("127.") && isAddress(host))
  }

  /// Nil if it is allowed.
  func refusal(of request: Request, _ access: Access) -> Response? {
    switch access {
    case .open: return nil
    case .reading: return misdirection(request) ?? (mayRead(request) ? nil : Self.challenge("Basic"))
    case .acting:
      if let stranger = Self.crossOrigin(request) ?? misdirection(request) { return stranger }
      guard let token else {
        return .text("actions need a token: start watch with --token-file FILE", status: 403)
      }
      return token.isBrought(by: request) ? nil : Self.challenge("Bearer")
    }
  }

  /// Whether the client may see details, such as error texts of the API.
  func mayRead(_ request: Request) -> Bool { isLoopback || isTrusted(request) }

  private func isTrusted(_ request: Request) -> Bool { token?.isBrought(by: request) ?? false }

  private func misdirection(_ request: Request) -> Response? {
    guard let host = request.headers["host"], !host.isEmpty else {
      return .text("the request has no Host header", status: 400)
    }
    let name = Self.name(of: host)
    let isOurs = isLoopback ? Self.isLoopback(name) : name == "localhost" || Self.isAddress(name)
    if isOurs || isTrusted(request) { return nil }
    return .text(
      "this host name isn't one of this machine's: use its address, or send the token", status: 421)
  }

  /// Refuses requests that a browser sends for another site's page.
  private static func crossOrigin(_ request: Request) -> Response? {
    let site = request.headers["sec-fetch-site"]
    let isSameSite = site == nil || site == "same-origin" || site == "none"
    let isSameOrigin =
      request.headers["origin"].map { origin in
        let host = request.headers["host"]?.lowercased() ?? ""
        return ["http://\(host)", "https://\(host)"].contains(origin.lowercased())
      } ?? true
    return isSameSite && isSameOrigin ? nil : .text("requests from another site's page are refused", status: 403)
  }

  private static func challenge(_ scheme: String) -> Response {
    var response = Response.text(
      "a token is required: send Authorization: Bearer TOKEN, or the token as the password of any user", status: 401)
    response.headers.append(("WWW-Authenticate", "\(scheme) realm=\"vi-notify\""))
    return response
  }

  private static func name(of host: String) -> String {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      return String(host[host.index(after: host.startIndex)..<end]).lowercased()
    }
    return String(host.prefix { $0 != ":" }).lowercased()
  }

  private static func isAddress(_ name: String) -> Bool {
    Array(name.utf8).withUnsafeBufferPointer { IPAddress($0) != nil }
  }
}
