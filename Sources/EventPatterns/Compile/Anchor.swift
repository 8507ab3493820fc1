internal import Notation

/// A property by which a conjunction is indexed: it can be looked up, and every value that passes the test has it. Other values
/// may have it, too.
enum Anchor: Hashable {
  case exact(kind: UInt8, hash: UInt64)
  case prefix([UInt8])
  case suffix([UInt8])
  case foldedPrefix([UInt8])
  case foldedSuffix([UInt8])
  case infix([UInt8])
  case range(NumberRange)
  case network(AddressBlock)
  case null
  case bool(Bool)
  case anyString
  case anyValue

  /// Longer texts are indexed by their first (or last) bytes. That is rare enough, and it bounds the tries.
  private static let longest = 32

  /// Nil for a test that an absent value can pass.
  init?(_ test: ValueTest) {
    switch test {
    case .absent: return nil
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .present, .anythingBut: self = .anyValue
    case .string(let text): self = .exact(kind: ExactKind.string, hash: Fingerprint.of(text))
    case .number(.comparable(let value)): self = .exact(kind: ExactKind.number, hash: (value + 0).bitPattern)
    case .number(.text(let text)): self = .exact(kind: ExactKind.numberText, hash: Fingerprint.of(text))
    case .range(let range): self = .range(range)
    case .network(let network): self = .network(network)
    case .prefix(let text): self = Anchor.text(text.prefix(Anchor.longest)) { .prefix($0) }
    case .suffix(let text): self = Anchor.text(text.suffix(Anchor.longest)) { .suffix($0) }
    case .caseless(let text): self = Anchor.caseless(text)
    case .caselessPrefix(let text): self = Anchor.text(Anchor.folded(text.characters)) { .foldedPrefix($0) }
    case .caselessSuffix(let text): self = Anchor.text(Anchor.foldedEnd(text.characters)) { .foldedSuffix($0) }
    case .wildcard(let wildcard): self = Anchor.wildcard(wildcard)
    }
  }

  private static func text(_ text: some Sequence<UInt8>, _ make: ([UInt8]) -> Anchor) -> Anchor {
    let bytes = Array(text)
    return bytes.isEmpty ? .anyString : make(bytes)
  }

  private static func caseless(_ text: CaselessText) -> Anchor {
    let forms = text.characters.compactMap(\.folded)
    guard forms.count == text.characters.count else {
      return Anchor.text(folded(text.characters)) { .foldedPrefix($0) }
    }
    return .exact(kind: ExactKind.folded, hash: Fingerprint.of(forms.flatMap(UTF8Text.encode)))
  }

  private static func folded(_ characters: some Sequence<CaselessCharacter>) -> ArraySlice<UInt8> {
    var bytes: [UInt8] = []
    for character in characters {
      guard let form = character.folded, bytes.count < longest else { break }
      bytes += UTF8Text.encode(form)
    }
    return bytes.prefix(longest)
  }

  private static func foldedEnd(_ characters: [CaselessCharacter]) -> ArraySlice<UInt8> {
    var bytes: [UInt8] = []
    for character in characters.reversed() {
      guard let form = character.folded, bytes.count < longest else { break }
      bytes = UTF8Text.encode(form) + bytes
    }
    return bytes.suffix(longest)
  }

  /// A wildcard is indexed by its longest part. The first and last parts have a fixed position and count twice.
  private static func wildcard(_ wildcard: Wildcard) -> Anchor {
    let parts = wildcard.parts
    guard let first = parts.first, let last = parts.last, parts.count > 1 else {
      return .exact(kind: ExactKind.string, hash: Fingerprint.of(parts.first ?? []))
    }
    let middle = parts.dropFirst().dropLast().max { $0.count < $1.count } ?? []
    if middle.count > 2 * max(first.count, last.count) {
      return text(middle.prefix(longest)) { .infix($0) }
    }
    if first.count >= last.count { return text(first.prefix(longest)) { .prefix($0) } }
    return text(last.suffix(longest)) { .suffix($0) }
  }

  /// Estimates the share of values that have the property, given how many different ones the field is compared with.
  func share(ofDifferent count: Int) -> Double {
    let exact = 1 / Double(1 + count)
    return switch self {
    case .exact: exact
    case .prefix(let text), .suffix(let text), .infix(let text): affixShare(text.count, exact)
    case .foldedPrefix(let text), .foldedSuffix(let text): affixShare(text.count, exact)
    case .network(let network): max(exact, 1 / Double(1 + network.bits))
    case .null, .bool, .range: 0.4
    case .anyString, .anyValue: 1
    }
  }

  private func affixShare(_ length: Int, _ exact: Double) -> Double {
    max(exact, 1 / Double(1 + min(length, 12)))
  }
}
