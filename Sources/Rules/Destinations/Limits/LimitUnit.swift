/// What a service means by the length of a text.
package enum LimitUnit: Sendable, CaseIterable {
  case codePoints
  /// What JavaScript and Java call a character: two for most emoji.
  case utf16
  /// Of UTF-8.
  case bytes

  package func count(_ text: some StringProtocol) -> Int {
    switch self {
    case .codePoints: text.unicodeScalars.count
    case .utf16: text.utf16.count
    case .bytes: text.utf8.count
    }
  }

  /// Whether the text counts more than this; it isn't read beyond that.
  func exceeds(_ max: Int, _ text: String) -> Bool {
    index(in: text, offset: max) != nil
  }

  /// The longest beginning of `text` that counts at most `max`, and ends between two characters as people see them.
  ///
  /// One character can be longer than any limit (a letter with 3,000 accents): where not even the first one has room, the cut
  /// falls between its code points.
  func prefix(of text: String, max: Int) -> Substring {
    guard max > 0 else { return "" }
    guard let end = index(in: text, offset: max) else { return text[...] }
    // Both round a position inside a character down to its beginning.
    let boundary = text.index(before: text.index(after: end))
    if boundary > text.startIndex { return text[..<boundary] }
    let scalars = text.unicodeScalars
    return text[..<scalars.index(before: scalars.index(after: end))]
  }

  /// Nil when the text ends before.
  private func index(in text: String, offset: Int) -> String.Index? {
    let index =
      switch self {
      case .codePoints: text.unicodeScalars.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex)
      case .utf16: text.utf16.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex)
      case .bytes: text.utf8.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex)
      }
    return index.flatMap { $0 < text.endIndex ? $0 : nil }
  }
}
