/// The name of an archive's entry, checked to stay inside the folder that is unpacked to. Pure.
struct EntryName: Sendable, Equatable {
  static let maxPart = 255
  static let longest = 1_024
  static let deepest = 16

  /// From the top; empty for the folder itself.
  let parts: [String]

  /// Nil for a name that is absolute, contains `..`, a control character or a backslash, is too long or too deep.
  init?(_ name: String) {
    guard !name.isEmpty, name.utf8.count <= Self.longest, !name.utf8.starts(with: "/".utf8),
      !name.unicodeScalars.contains(where: Self.isForbidden)
    else { return nil }
    parts = name.split(separator: "/").filter { $0 != "." }.map(String.init)
    guard parts.count <= Self.deepest, parts.allSatisfy({ $0 != ".." && $0.utf8.count <= Self.maxPart }) else {
      return nil
    }
  }

  var text: String { parts.joined(separator: "/") }

  /// U+FFFD marks bytes that aren't text.
  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || scalar == "\\" || scalar == "\u{FFFD}"
  }
}

/// A foreign name in a form for messages: on one line and not too long.
func printable(name: String) -> String {
  let line = name.unicodeScalars.prefix(120).map { scalar in
    [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
      ? "?" : String(scalar)
  }.joined()
  return line.isEmpty ? "(no name)" : line
}
