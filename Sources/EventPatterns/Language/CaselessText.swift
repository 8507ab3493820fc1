/// A text that is compared without regard to case: each character matches itself, its lower and its upper form.
///
/// Forms of more than one character (`ß` → `SS`) are ignored, and folding isn't transitive: `ς` matches `Σ`, its upper form, but
/// not `σ`.
struct CaselessText: Hashable, Sendable {
  let characters: [CaselessCharacter]

  init(_ text: String) {
    characters = text.unicodeScalars.map(CaselessCharacter.init)
  }
}

/// The code points that match a character of a pattern.
struct CaselessCharacter: Hashable, Sendable, BitwiseCopyable {
  let own: UInt32
  let lower: UInt32
  let upper: UInt32

  init(_ scalar: Unicode.Scalar) {
    own = scalar.value
    lower = CaseForms.lower(scalar.value)
    upper = CaseForms.upper(scalar.value)
  }

  @inline(__always)
  func isMet(by scalar: UInt32) -> Bool {
    scalar == own || scalar == lower || scalar == upper
  }

  /// The folded form that all matches share, or nil if they have several.
  var folded: UInt32? {
    let form = CaseForms.fold(own)
    return form == CaseForms.fold(lower) && form == CaseForms.fold(upper) ? form : nil
  }
}

/// Case mappings of code points that map to a single code point.
enum CaseForms {
  static func lower(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value &- 0x41 < 26 ? value | 0x20 : value }
    guard let scalar = Unicode.Scalar(value) else { return value }
    return single(scalar.properties.lowercaseMapping) ?? value
  }

  static func upper(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value &- 0x61 < 26 ? value & ~0x20 : value }
    guard let scalar = Unicode.Scalar(value) else { return value }
    return single(scalar.properties.uppercaseMapping) ?? value
  }

  /// A common form for most characters that differ only in case; used to find candidates, never to decide.
  static func fold(_ value: UInt32) -> UInt32 {
    value < 0x80 ? lower(value) : lower(upper(value))
  }

  private static func single(_ mapping: String) -> UInt32? {
    let scalars = mapping.unicodeScalars
    guard let first = scalars.first, scalars.index(after: scalars.startIndex) == scalars.endIndex else { return nil }
    return first.value
  }
}
