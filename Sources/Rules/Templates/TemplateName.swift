internal import Notation

/// One part of a path as the library takes it, which knows letters, digits and a few marks only: other keys are written in
/// hexadecimal behind a `*`, and question marks behind a name say where nothing is a value, too.
struct TemplateName {
  enum Demand {
    case none
    /// At the outermost object, where the library looks last.
    case atRoot
    case anywhere
  }

  let key: String
  let demand: Demand

  init(encoded text: String) {
    let name = text.prefix { $0 != "?" }
    switch text.utf8.count - name.utf8.count {
    case 0: demand = .none
    case 1: demand = .atRoot
    default: demand = .anywhere
    }
    key = name.hasPrefix("*") ? Self.decoded(name.dropFirst()) : String(name)
  }

  func mustExist(isRoot: Bool) -> Bool {
    demand == .anywhere || demand == .atRoot && isRoot
  }

  /// - Parameters:
  ///   - path: keys, any text.
  ///   - isRelative: the path begins at the innermost object, and nowhere else.
  ///   - exists: nothing is a value, too.
  static func encoded(_ path: [String], isRelative: Bool, exists: Bool) -> String {
    let parts = path.enumerated().map { index, key in
      encoded(key) + (exists ? index == 0 && !isRelative ? "?" : "??" : "")
    }
    return (isRelative ? "." : "") + parts.joined(separator: ".")
  }

  private static func encoded(_ key: String) -> String {
    if isPlain(key) { return key }
    return "*" + Hexadecimal.text(key.utf8)
  }

  /// It can be written with nothing round it.
  static func isPlain(_ key: some StringProtocol) -> Bool {
    !key.isEmpty && key.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || isAlphanumeric($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }

  private static func decoded(_ digits: Substring) -> String {
    let values = digits.utf8.map {
      UInt8($0 <= UInt8(ascii: "9") ? $0 &- UInt8(ascii: "0") : $0 &- UInt8(ascii: "a") &+ 10)
    }
    return String(
      decoding: stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }, as: UTF8.self)
  }
}
