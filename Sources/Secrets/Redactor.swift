internal import Locking

/// Holds every secret that was resolved and strikes it out of text that people or other services will see.
package final class Redactor: Sendable {
  private struct State {
    var secrets: Set<String> = []
    /// Nil when it must be made anew.
    var finder: SecretFinder?
    var allowed: Set<String> = []
  }

  private let state = Locked(State())

  package init() {}

  /// Shorter values are not struck out: removing every `1` from a log hides nothing and ruins it.
  private static let shortest = SecretFinder.shortest
  /// Shorter parts of a path are words such as `services`.
  private static let shortestToken = 16

  package func add(_ value: String) {
    guard value.utf8.count >= Self.shortest else { return }
    state.withLock { state in
      guard !state.secrets.contains(value), !state.allowed.contains(value) else { return }
      state.secrets.formUnion(Self.writtenForms(of: value))
      state.finder = nil
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
      state.finder = nil
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

  private var finder: SecretFinder {
    state.withLock { state in
      let finder = state.finder ?? SecretFinder(state.secrets)
      state.finder = finder
      return finder
    }
  }

  /// Where secrets stand in a text, in order: for those who show parts of it.
  package func places(in bytes: [UInt8]) -> [Range<Int>] {
    let finder = finder
    return bytes.withUnsafeBytes { finder.ranges(in: $0) }
  }

  /// Looks for bytes and not for characters: an accent or joiner behind a secret makes its last character another one,
  /// and whoever echoes a secret to us can put one there.
  package func redact(_ text: String) -> String {
    let finder = finder
    var text = text
    return text.withUTF8 { utf8 in
      let bytes = UnsafeRawBufferPointer(utf8)
      let ranges = finder.ranges(in: bytes)
      guard !ranges.isEmpty else { return nil }
      var shown: [UInt8] = []
      var position = 0
      for range in ranges {
        shown += bytes[position..<range.lowerBound]
        shown += "•••".utf8
        position = range.upperBound
      }
      return String(decoding: shown + bytes[position...], as: UTF8.self)
    } ?? text
  }
}
