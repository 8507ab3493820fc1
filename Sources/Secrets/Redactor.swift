internal import Locking

/// Holds every secret that was looked up and strikes it out of text that is kept to be read, or shown; never out of data that
/// goes on (``SecretField``).
package final class Redactor: Sendable {
  private struct State {
    var secrets: Set<String> = []
    /// Nil when it must be made anew.
    var finder: SecretFinder?
  }

  private let state = Locked(State())

  package init() {}

  /// Characters, and bytes. Shorter values are not struck out: removing every `prod` from a log hides nothing and ruins it.
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

  /// Where secrets stand in a text, in whichever spelling; in order, and apart.
  package func places(in bytes: [UInt8]) -> [Range<Int>] {
    let finder = finder
    return bytes.withUnsafeBytes(finder.ranges)
  }

  /// Looks for bytes and not for characters: an accent or joiner behind a secret makes its last character another one,
  /// and whoever echoes a secret to us can put one there.
  package func redact(_ text: String) -> String {
    let finder = finder
    var text = text
    let places = text.withUTF8 { finder.ranges(in: UnsafeRawBufferPointer($0)) }
    guard !places.isEmpty else { return text }
    return Self.text(of: Array(text.utf8), 0..<text.utf8.count, without: places)
  }

  /// A part of a text, for who keeps only part of it. A secret that an end of the part cuts in two is struck out like one that
  /// lies within: what is behind the end is there to find it by.
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
