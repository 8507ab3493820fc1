/// The path of a field: its keys as UTF-8, separated by a byte that UTF-8 never contains.
///
/// Bytes, because Swift's strings compare by canonical equivalence, and patterns compare code points.
struct FieldPath: Hashable, Sendable {
  let bytes: [UInt8]

  static let separator: UInt8 = 0xFF

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The path of a member of the object at `parent`. In event-ruler's dialect a dot in a key is a step, too.
  init(_ parent: FieldPath?, key: String, _ dialect: PatternDialect) {
    var bytes = parent.map { $0.bytes + [FieldPath.separator] } ?? []
    let dot = UInt8(ascii: ".")
    for byte in key.utf8 { bytes.append(byte == dot && dialect == .eventRuler ? FieldPath.separator : byte) }
    self.bytes = bytes
  }

  var steps: [ArraySlice<UInt8>] {
    bytes.split(separator: FieldPath.separator, omittingEmptySubsequences: false)
  }
}

extension FieldPath: CustomStringConvertible {
  var description: String {
    String(decoding: bytes.map { $0 == FieldPath.separator ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
  }
}

extension FieldPath: Comparable {
  /// The order of dotted paths by UTF-16 code units, in which event-ruler sorts the keys of a rule; it determines the element
  /// against which an `exists: false` is tested.
  static func < (left: FieldPath, right: FieldPath) -> Bool {
    for (one, other) in zip(left.bytes, right.bytes) where one != other {
      return rank(one) < rank(other)
    }
    return left.bytes.count < right.bytes.count
  }

  /// Characters beyond U+FFFF (first byte F0 and up) are surrogates in UTF-16 and sort before U+E000…U+FFFF (EE, EF).
  private static func rank(_ byte: UInt8) -> Int {
    switch byte {
    case separator: Int(UInt8(ascii: "."))
    case 0xEE, 0xEF: Int(byte) + 0x10
    default: Int(byte)
    }
  }
}
