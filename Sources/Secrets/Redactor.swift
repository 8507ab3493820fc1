import Glibc
internal import Locking

/// Holds every secret that was resolved and strikes it out of text that people or other services will see.
package final class Redactor: Sendable {
  private struct State {
    var secrets: Set<String> = []
    /// Longest first, so that no secret survives as the rest of a shorter one; nil when it must be made anew.
    var ordered: [String]?
    var allowed: Set<String> = []
  }

  private let state = Locked(State())

  package init() {}

  /// Shorter values are not struck out: removing every `1` from a log hides nothing and ruins it.
  private static let shortest = 4
  /// Shorter parts of a path are words such as `services`.
  private static let shortestToken = 16

  package func add(_ value: String) {
    guard value.utf8.count >= Self.shortest else { return }
    state.withLock { state in
      guard !state.secrets.contains(value), !state.allowed.contains(value) else { return }
      state.secrets.formUnion(Self.writtenForms(of: value))
      state.ordered = nil
    }
  }

  /// As it is, as JSON and log lines quote it, and as those write JSON that escape slashes too (PHP's default).
  private static func writtenForms(of value: String) -> Set<String> {
    let quoted = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return [value, quoted, quoted.replacing("/", with: "\\/")]
  }

  /// This value is no secret, even when it is also handed on by a reference: an endpoint, an organization.
  package func allow(_ value: String) {
    state.withLock { state in
      guard state.allowed.insert(value).inserted else { return }
      state.secrets.subtract(Self.writtenForms(of: value))
      state.ordered = nil
    }
  }

  /// Everything of a URL behind its host is taken for a secret: chat services put their tokens there.
  package func addPath(ofURL url: String) {
    guard let scheme = url.firstRange(of: "://"),
      let slash = url[scheme.upperBound...].firstIndex(where: { "/?".contains($0) })
    else { return }
    let path = url[slash...]
    if path.utf8.count > Self.shortest { add(String(path)) }
    add(String(path.drop { $0 == "/" }))
    // A service may say back only the part that is the token.
    for part in path.split(whereSeparator: { "/?&=#".contains($0) }) where part.utf8.count >= Self.shortestToken {
      add(String(part))
    }
  }

  /// Looks for scalars and not for characters: an accent or joiner behind a secret makes its last character another one,
  /// and whoever echoes a secret to us can put one there.
  package func redact(_ text: String) -> String {
    let dots = "•••".unicodeScalars
    let secrets = state.withLock { state in
      let ordered = state.ordered ?? state.secrets.sorted { $0.utf8.count > $1.utf8.count }
      state.ordered = ordered
      return ordered
    }
    let found = held(in: text, of: secrets)
    if found.isEmpty { return text }
    return String(found.reduce(text.unicodeScalars) { $0.replacing($1.unicodeScalars, with: dots) })
  }

  /// Nearly every text holds none, and finding that out by bytes costs a hundredth: valid UTF-8 has a word's bytes only
  /// where it has its scalars.
  private func held(in text: String, of secrets: [String]) -> [String] {
    var text = text
    return text.withUTF8 { text in
      secrets.filter { secret in
        var secret = secret
        return secret.withUTF8 { Self.holds(text, $0) }
      }
    }
  }

  private static func holds(_ text: UnsafeBufferPointer<UInt8>, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    guard var start = text.baseAddress, let wanted = word.baseAddress, word.count <= text.count else { return false }
    // The last place where the word could begin.
    let last = start + (text.count - word.count)
    while start <= last, let found = memchr(start, Int32(wanted.pointee), last - start + 1) {
      if memcmp(found, wanted, word.count) == 0 { return true }
      start = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
    }
    return false
  }
}
