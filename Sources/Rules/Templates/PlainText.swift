/// What people read of a text that somebody else wrote: log lines with the colours of a terminal in them, progress bars, and
/// characters that turn the writing direction or can't be seen.
enum PlainText {
  /// The text without terminal sequences, control characters (line breaks and tabs stay; every kind of line break becomes a
  /// line feed), bidirectional controls, and characters that have no width and no meaning of their own. Joiners stay: emoji
  /// and whole scripts need them.
  static func cleaned(_ text: String) -> String {
    guard text.utf8.contains(where: isSuspicious) else { return text }
    var cleaner = Cleaner(text)
    return cleaner.run()
  }

  /// Bytes that something unwanted begins with.
  private static func isSuspicious(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F, 0xC2, 0xD8, 0xE1, 0xE2, 0xEF, 0xF3: true
    default: false
    }
  }
}

private struct Cleaner {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var kept = String.UnicodeScalarView()
  /// A flag made of letters goes on: only there tag characters mean something.
  private var isInFlag = false

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  mutating func run() -> String {
    while position < scalars.count {
      let scalar = scalars[position]
      let wasInFlag = isInFlag
      isInFlag = scalar.value == 0x1F3F4 || wasInFlag && scalar.isTag
      switch scalar.value {
      case 0x1B: position = endOfSequence(introducedBy: position + 1)
      case 0x9B: position = endOfControlSequence(position + 1)
      case 0x90, 0x98, 0x9D, 0x9E, 0x9F: position = endOfString(position + 1)
      case 0x0D:
        kept.append("\n")
        position += position + 1 < scalars.count && scalars[position + 1] == "\n" ? 2 : 1
      case 0x0B, 0x0C, 0x85:
        kept.append("\n")
        position += 1
      default:
        if !scalar.isUnwanted, !scalar.isTag || wasInFlag { kept.append(scalar) }
        position += 1
      }
    }
    return String(kept)
  }

  /// Behind an escape sequence (ECMA-48, 5.3): intermediate bytes and a final one, unless it introduces something longer.
  private func endOfSequence(introducedBy start: Int) -> Int {
    guard start < scalars.count else { return start }
    switch scalars[start] {
    case "[": return endOfControlSequence(start + 1)
    case "]", "P", "X", "^", "_": return endOfString(start + 1)
    default:
      let end = skip(0x20...0x2F, from: start)
      return end < scalars.count && (0x30...0x7E).contains(scalars[end].value) ? end + 1 : end
    }
  }

  /// Behind the parameters and the final byte of a control sequence (ECMA-48, 5.4).
  private func endOfControlSequence(_ start: Int) -> Int {
    let end = skip(0x20...0x2F, from: skip(0x30...0x3F, from: start))
    return end < scalars.count && (0x40...0x7E).contains(scalars[end].value) ? end + 1 : end
  }

  /// Behind a string such as a window's title: at BEL or ST. One that never ends would swallow the rest of the message: then
  /// only what introduced it goes.
  private func endOfString(_ start: Int) -> Int {
    var position = start
    while position < scalars.count, position - start < Self.maxString {
      switch scalars[position].value {
      case 0x07, 0x9C: return position + 1
      case 0x1B: return position + 1 < scalars.count && scalars[position + 1] == "\\" ? position + 2 : start
      case 0x0A, 0x0D: return start
      default: position += 1
      }
    }
    return start
  }

  /// Links of terminals hold a URL.
  private static let maxString = 4_096

  private func skip(_ range: ClosedRange<UInt32>, from start: Int) -> Int {
    scalars[start...].firstIndex { !range.contains($0.value) } ?? scalars.count
  }
}

extension Unicode.Scalar {
  /// Letters that can't be seen, for flags of regions.
  fileprivate var isTag: Bool { (0xE0000...0xE007F).contains(value) }

  fileprivate var isUnwanted: Bool {
    switch value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F...0x9F: true
    // Soft hyphen, Mongolian vowel separator, zero-width space, word joiner and invisible operators, byte-order mark,
    // deprecated format characters, interlinear annotations.
    case 0xAD, 0x180E, 0x200B, 0x2060...0x2064, 0xFEFF, 0x206A...0x206F, 0xFFF9...0xFFFB: true
    default: properties.isBidiControl
    }
  }
}
