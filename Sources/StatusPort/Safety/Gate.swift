internal import HTTPServing
internal import Notation

/// Who may have what.
///
/// - On a loopback address everybody on the machine may read; anywhere else the token is needed for that, too.
/// - Acting needs the token everywhere, and a page of our own where a browser is involved.
/// - A page of somebody else's can have its name lead to this address (DNS rebinding). It then asks under that name, and has no
///   token: so a name that isn't this machine's is answered only with one.
struct Gate: Sendable {
  enum Access: Sendable {
    /// Everybody: whether it lives, and no more.
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

  /// Nil: it may.
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

  /// Reasons may hold what the API or a disk has said.
  func mayRead(_ request: Request) -> Bool { isLoopback || isTrusted(request) }

  private func isTrusted(_ request: Request) -> Bool { token?.isBrought(by: request) ?? false }

  private func misdirection(_ request: Request) -> Response? {
    guard let host = request.headers["host"], !host.isEmpty else {
      return .text("the request names no host", status: 400)
    }
    let name = Self.name(of: host)
    let isOurs = isLoopback ? Self.isLoopback(name) : name == "localhost" || Self.isAddress(name)
    if isOurs || isTrusted(request) { return nil }
    return .text(
      "vi-notify is asked under a name that may be somebody else's: use its address, or bring the token", status: 421)
  }

  /// Only what isn't a browser, and pages from here, may act.
  private static func crossOrigin(_ request: Request) -> Response? {
    let site = request.headers["sec-fetch-site"]
    let isSameSite = site == nil || site == "same-origin" || site == "none"
    let isSameOrigin =
      request.headers["origin"].map { origin in
        let host = request.headers["host"]?.lowercased() ?? ""
        return ["http://\(host)", "https://\(host)"].contains(origin.lowercased())
      } ?? true
    return isSameSite && isSameOrigin ? nil : .text("another site's page may not do this", status: 403)
  }

  private static func challenge(_ scheme: String) -> Response {
    var response = Response.text(
      "the token is needed: as a password with any name, or as Authorization: Bearer TOKEN", status: 401)
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
