internal import Secrets

/// Finds credentials in a rules file that can't be read: under a misspelt name, in a string that never ends, in a comment.
enum WrittenCredentials {
  private static let quote = UInt8(ascii: "\"")
  private static let newline = UInt8(ascii: "\n")

  /// From each value under a name that says credential to the end of its line, unless it begins with a reference.
  static func places(in bytes: [UInt8]) -> [Range<Int>] {
    var places: [Range<Int>] = []
    var position = 0
    while let open = bytes[position...].firstIndex(of: quote) {
      guard let close = bytes[(open + 1)...].firstIndex(where: { $0 == quote || $0 == newline }) else { break }
      position = close + 1
      guard bytes[close] == quote, close - open <= 100, let value = value(behind: close, bytes),
        SecretField.isCredential(name: String(decoding: bytes[open + 1..<close], as: UTF8.self))
      else { continue }
      places.append(value..<(bytes[value...].firstIndex(of: newline) ?? bytes.count))
    }
    return places
  }

  /// Where the string behind a key begins; nil if it is missing or a reference.
  private static func value(behind key: Int, _ bytes: [UInt8]) -> Int? {
    let rest = bytes[(key + 1)...].drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    guard rest.first == UInt8(ascii: ":") else { return nil }
    let value = rest.dropFirst().drop {
      $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D || $0 == UInt8(ascii: "[")
    }
    guard value.first == quote, !value.dropFirst().starts(with: Array("${".utf8)) else { return nil }
    return value.startIndex
  }
}
