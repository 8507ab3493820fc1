/// The parts of a URL that may be secret. Total: a text that isn't a URL has no parts.
struct URLParts {
  /// Shorter path segments are words such as `services`.
  private static let shortestToken = 16

  /// Everything up to the end of the host.
  private let origin: Substring
  private let user: Substring?
  /// Everything from the first slash or question mark.
  private let path: Substring

  init(_ text: String) {
    guard let scheme = text.firstRange(of: "://") else {
      (origin, user, path) = ("", nil, text[...])
      isURL = false
      return
    }
    isURL = true
    let end = text[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? text.endIndex
    let authority = text[scheme.upperBound..<end]
    user = authority.lastIndex(of: "@").map { authority[..<$0] }
    origin = text[..<end]
    path = text[end...]
  }

  private let isURL: Bool

  /// With and without the user name before it.
  var passwords: [String] {
    guard let user else { return [] }
    let password = user.firstIndex(of: ":").map { user[user.index(after: $0)...] }
    return [String(user)] + (password.map { [String($0)] } ?? [])
  }

  /// - Parameter wholePath: the whole path is secret, not only the parts that look like a token.
  func secrets(wholePath: Bool = false) -> [String] {
    guard isURL else { return [] }
    var found = passwords + tokens
    guard wholePath else { return found }
    if path.utf8.count > Redactor.shortest { found.append(String(path)) }
    // Keep the slash if the path is one word: `failed` of `https://hub.example/failed` is an ordinary word.
    let bare = path.drop { $0 == "/" }
    if bare.contains(where: { "/?&=".contains($0) }) { found.append(String(bare)) }
    // A service may echo only the token.
    found += pieces.filter { $0.utf8.count >= Self.shortestToken }.map(String.init)
    return found
  }

  private var pieces: [Substring] { path.split { "/?&=#".contains($0) } }

  /// Long segments that aren't words, and credentials in the query.
  private var tokens: [String] {
    let long = pieces.filter { $0.utf8.count >= Self.shortestToken && !Self.isWords($0) }
    let query = path.drop { $0 != "?" }.dropFirst().split { "&#".contains($0) }
    let named = query.compactMap { pair -> Substring? in
      guard let equals = pair.firstIndex(of: "="), SecretField.isCredential(name: String(pair[..<equals])) else {
        return nil
      }
      return pair[pair.index(after: equals)...]
    }
    return (long + named).map(String.init)
  }

  /// `new-training-runs`: lower-case words with separators.
  private static func isWords(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
  }

  /// - Parameter isBehindHost: this is a later part of a URL, without scheme and host.
  func masked(wholePath: Bool, isBehindHost: Bool) -> String {
    let start = isURL ? shownOrigin : ""
    if path.isEmpty { return start }
    if wholePath { return start + (isURL || isBehindHost || path.contains("/") ? "•••" : String(path)) }
    return tokens.filter { !$0.isEmpty }.reduce(start + path) { $0.replacing($1, with: "•••") }
  }

  private var shownOrigin: String {
    guard let user else { return String(origin) }
    return origin[..<user.startIndex] + "•••" + origin[user.endIndex...]
  }
}
