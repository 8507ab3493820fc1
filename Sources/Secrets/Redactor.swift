internal import Locking

/// Holds every secret that was resolved, and removes it from text that is kept for reading or shown, never from data that is
/// passed on (``SecretField``).
package final class Redactor: Sendable {
  private struct State {
    var secrets: Set<String> = []
    /// Nil when it must be rebuilt.
    var finder: SecretFinder?
  }

  private let state = Locked(State())

  package init() {}

  /// In characters, and in bytes. Shorter values are not redacted: removing every `prod` from a log hides nothing and ruins it.
  package static let shortest = 6

  package func add(_ value: String) {
    guard value.utf8.count >= Self.shortest else { return }
    state.withLock { state in
      if state.secrets.insert(value).inserted { state.finder = nil }
    }
  }

  private var finder: SecretFinder {
    state.withLock { state in
      let finder = state.finder ?? SecretFinder(state.secrets)
      state.finder = finder
      return finder
    }
  }

  /// The ranges of secrets in a text, in any spelling; sorted, without overlaps.
  package func places(in bytes: [UInt8]) -> [Range<Int>] {
    let finder = finder
    return bytes.withUnsafeBytes(finder.ranges)
  }

  /// Searches bytes, not characters: an accent or joiner after a secret changes its last character, and a server that echoes a
  /// secret to us can add one.
  package func redact(_ text: String) -> String {
    let finder = finder
    var text = text
    let places = text.withUTF8 { finder.ranges(in: UnsafeRawBufferPointer($0)) }
    guard !places.isEmpty else { return text }
    return Self.text(of: Array(text.utf8), 0..<text.utf8.count, without: places)
  }

  /// Redacts a part of a text. A secret that crosses an end of the part is redacted like one inside it: the bytes beyond the end
  /// are searched as well.
  package func redact(_ part: Range<Int>, of bytes: [UInt8]) -> String {
    Self.text(of: bytes, part, without: places(in: bytes).filter(part.overlaps))
  }

  private static func text(of bytes: [UInt8], _ part: Range<Int>, without places: [Range<Int>]) -> String {
    var shown: [UInt8] = []
    var position = part.lowerBound
    for place in places {
      if position < place.lowerBound { shown += bytes[position..<place.lowerBound] }
      shown += "•••".utf8
      position = place.upperBound
    }
    if position < part.upperBound { shown += bytes[position..<part.upperBound] }
    return String(decoding: shown, as: UTF8.self)
  }
}
