internal import Locking

/// Holds every secret that was resolved and strikes it out of text that people or other services will see.
package final class Redactor: Sendable {
  private struct State {
    var secrets: [String] = []
    var allowed: Set<String> = []
  }

  private let state = Locked(State())

  package init() {}

  /// Shorter values are not struck out: removing every `1` from a log hides nothing and ruins it.
  private static let shortest = 4

  package func add(_ value: String) {
    guard value.utf8.count >= Self.shortest else { return }
    state.withLock { state in
      guard !state.secrets.contains(value), !state.allowed.contains(value) else { return }
      state.secrets.append(value)
      // Longest first, so that no secret survives as the rest of a shorter one.
      state.secrets.sort { $0.utf8.count > $1.utf8.count }
    }
  }

  /// This value is no secret, even when it is also handed on by a reference: an endpoint, an organization.
  package func allow(_ value: String) {
    state.withLock { state in
      state.allowed.insert(value)
      state.secrets.removeAll { $0 == value }
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
  }

  /// Looks for scalars and not for characters: an accent or joiner behind a secret makes its last character another one,
  /// and whoever echoes a secret to us can put one there.
  package func redact(_ text: String) -> String {
    let dots = "•••".unicodeScalars
    return String(
      state.withLock { $0.secrets }.reduce(text.unicodeScalars) { $0.replacing($1.unicodeScalars, with: dots) })
  }
}
