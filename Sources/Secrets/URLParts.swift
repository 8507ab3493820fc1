/// The parts of a URL that may be secret. Total: of what is no URL there are none.
struct URLParts {
  /// Shorter parts of a path are words such as `services`.
  private static let shortestToken = 16

  /// Up to the end of the host.
  private let origin: Substring
  private let user: Substring?
  /// From the first slash or question mark on.
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

  /// With and without the user's name before it.
  var passwords: [String] {
    guard let user else { return [] }
    let password = user.firstIndex(of: ":").map { user[user.index(after: $0)...] }
    return [String(user)] + (password.map { [String($0)] } ?? [])
  }

  /// - Parameter wholePath: all of it is secret, and not only what looks like a token.
  func secrets(wholePath: Bool = false) -> [String] {
    guard isURL else { return [] }
    var found = passwords + tokens
    guard wholePath else { return found }
    if path.utf8.count > Redactor.shortest { found.append(String(path)) }
    // Without the slash, one word of a path is a word: `failed` of `https://hub.example/failed`.
    let bare = path.drop { $0 == "/" }
    if bare.contains(where: { "/?&=".contains($0) }) { found.append(String(bare)) }
    // A service may say back only the part that is the token.
    found += pieces.filter { $0.utf8.count >= Self.shortestToken }.map(String.init)
    return found
  }

  private var pieces: [Substring] { path.split { "/?&=#".contains($0) } }

  /// Long parts that are no words, and what a query says is a credential.
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

  /// `new-training-runs`: lower-case words with something between them.
  private static func isWords(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
  }

  /// - Parameter isBehindHost: it is a later part of a URL, without scheme and host.
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
