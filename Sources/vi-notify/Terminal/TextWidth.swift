/// How many cells of a terminal a text takes.
///
/// East Asian wide and fullwidth characters (UAX #11) and emoji take two; combining marks, joiners and variation selectors none of
/// their own: a grapheme cluster is as wide as its widest part.
extension StringProtocol {
  var terminalWidth: Int {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return utf8.count }
    return reduce(0) { $0 + $1.terminalWidth }
  }

  /// As much as fits into so many cells, with an ellipsis in the place of what doesn't.
  func cut(toWidth width: Int) -> String {
    guard terminalWidth > width else { return String(self) }
    var (kept, taken) = ("", 0)
    for character in self {
      let next = character.terminalWidth
      guard taken + next < width else { break }
      kept.append(character)
      taken += next
    }
    return width > 0 ? kept + "…" : ""
  }

  /// Lines of so many cells at most, broken at spaces; a word that is longer than a line is broken where the line ends.
  ///
  /// - Parameter hanging: how far all lines but the first are indented; no more than half of the width.
  func wrapped(toWidth width: Int, hanging: Int) -> [String] {
    guard terminalWidth > width, width > 1 else { return [String(self)] }
    let indent = String(repeating: " ", count: Swift.min(hanging, width / 2))
    var (lines, line, taken, lastSpace): ([String], String, Int, String.Index?) = ([], "", 0, nil)
    for character in self {
      if taken + character.terminalWidth > width {
        let end = character == " " ? line.endIndex : lastSpace ?? line.endIndex
        lines.append(String(line[..<end]))
        line = indent + line[end...].drop { $0 == " " }
        (taken, lastSpace) = (line.terminalWidth, nil)
        if character == " " { continue }
      }
      line.append(character)
      taken += character.terminalWidth
      // Not within the indentation: that would leave an empty line.
      if character == " ", line.contains(where: { $0 != " " }) { lastSpace = line.index(before: line.endIndex) }
    }
    return lines + (line.allSatisfy { $0 == " " } ? [] : [line])
  }

  /// Filled with spaces to so many cells.
  func padded(toWidth width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - terminalWidth))
  }
}

extension Character {
  var terminalWidth: Int {
    unicodeScalars.contains("\u{FE0F}") ? 2 : unicodeScalars.map(\.terminalWidth).max() ?? 0
  }
}

extension Unicode.Scalar {
  /// Wide and fullwidth blocks of East Asian scripts; their symbols are known by ``Properties/isEmojiPresentation``.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
    0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18D8F,
    0x1AFF0...0x1B2FF, 0x1F200...0x1F2FF, 0x20000...0x3FFFD,
  ]

  fileprivate var terminalWidth: Int {
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return properties.isEmojiPresentation || Self.wide.contains { $0.contains(value) } ? 2 : 1
    }
  }
}
