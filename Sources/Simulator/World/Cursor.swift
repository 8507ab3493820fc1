import FoundationEssentials

/// The position of a run in the list: newest first; of two created in the same millisecond the greater id first.
struct Position: Comparable, Hashable {
  let created: Int64
  let runID: String

  static func < (one: Position, other: Position) -> Bool {
    (one.created, one.runID) < (other.created, other.runID)
  }
}

/// A page token: "after this run". Runs that come or go while a client pages don't shift it.
///
/// A token always contains `+`, `/` and `=`, so that a client without percent-encoding is refused.
enum Cursor {
  /// In base64 these three bytes are `+/+/`.
  private static let mark: [UInt8] = [0xFB, 0xFF, 0xBF]

  static func token(behind position: Position) -> String {
    var text = "\(position.created):\(position.runID):"
    text += String(fnv1a(text), radix: 16)
    // A length of one more than a multiple of three yields two equals signs.
    while text.utf8.count % 3 != 1 { text += " " }
    return Data(mark + Array(text.utf8)).base64EncodedString()
  }

  /// Nil for a token that this simulator never issued.
  static func position(of token: String) -> Position? {
    guard let data = Data(base64Encoded: token), data.starts(with: mark) else { return nil }
    let text = String(decoding: data.dropFirst(mark.count), as: UTF8.self)
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let created = Int64(parts[0]) else { return nil }
    let position = Position(created: created, runID: String(parts[1]))
    return Self.token(behind: position) == token ? position : nil
  }
}
