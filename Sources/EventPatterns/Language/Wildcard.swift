/// A text with stars, each of which matches any run of characters.
struct Wildcard: Hashable, Sendable {
  /// The texts between the stars, with escapes resolved; one more than there are stars.
  let parts: [[UInt8]]

  enum Mistake: Error {
    case twoStars
    case escape
  }

  /// `\*` is a star and `\\` a backslash; two stars in a row and any other use of a backslash are mistakes.
  init(_ text: String) throws(Mistake) {
    var parts: [[UInt8]] = [[]]
    var bytes = Array(text.utf8)[...]
    var followsStar = false
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: "*") {
        if followsStar { throw .twoStars }
        parts.append([])
        followsStar = true
        continue
      }
      followsStar = false
      if byte == UInt8(ascii: "\\") {
        guard let escaped = bytes.popFirst(), escaped == UInt8(ascii: "*") || escaped == UInt8(ascii: "\\") else {
          throw .escape
        }
        parts[parts.count - 1].append(escaped)
      } else {
        parts[parts.count - 1].append(byte)
      }
    }
    self.parts = parts
  }
}
