import JSONSource
internal import Notation

extension FieldCondition {
  func isMet(by value: JSONNode) -> Bool {
    tests.contains { $0.isMet(by: value) }
  }
}

/// The plain way to test a value, for explanations. ``PredicateTable`` implements the same for speed; tests compare the two.
extension ValueTest {
  func isMet(by value: JSONNode) -> Bool {
    switch self {
    case .null: return value.isNull
    case .bool(let wanted): return value.bool == wanted
    case .number(let wanted): return value.number.map { JSONNumberValue($0) == wanted } ?? false
    case .range(let range):
      guard let text = value.number, case .comparable(let number) = JSONNumberValue(text) else { return false }
      return range.contains(number)
    case .anythingBut(let excluded): return !excluded.contains { $0.isMet(by: value) }
    case .present: return true
    case .absent: return false
    default: return value.string.map { isMet(by: $0) } ?? false
    }
  }

  private func isMet(by text: String) -> Bool {
    switch self {
    case .string(let wanted): text.utf8.elementsEqual(wanted)
    case .prefix(let start): text.utf8.starts(with: start)
    case .suffix(let end): text.utf8.reversed().starts(with: end.reversed())
    case .caseless(let wanted):
      text.unicodeScalars.count == wanted.characters.count && wanted.begins(text.unicodeScalars)
    case .caselessPrefix(let start): start.begins(text.unicodeScalars)
    case .caselessSuffix(let end): end.begins(text.unicodeScalars.suffix(end.characters.count))
    case .wildcard(let wildcard): wildcard.matches(Array(text.utf8))
    case .network(let network):
      Array(text.utf8).withUnsafeBufferPointer { IPAddress($0) }.map { network.contains($0) } ?? false
    default: false
    }
  }
}

extension CaselessText {
  fileprivate func begins(_ scalars: some Collection<Unicode.Scalar>) -> Bool {
    scalars.count >= characters.count && zip(characters, scalars).allSatisfy { $0.isMet(by: $1.value) }
  }
}

extension Wildcard {
  /// The text of the pattern, nil for a star.
  private var symbols: [UInt8?] {
    Array(parts.map { $0.map(Optional.some) }.joined(separator: [nil]))
  }

  /// Returns to the last star whenever the text after it doesn't match.
  fileprivate func matches(_ text: [UInt8]) -> Bool {
    let symbols = symbols
    var symbol = 0
    var position = 0
    var star: (symbol: Int, position: Int)?
    while position < text.count {
      if symbol < symbols.count, symbols[symbol] == nil {
        star = (symbol, position)
        symbol += 1
      } else if symbol < symbols.count, symbols[symbol] == text[position] {
        symbol += 1
        position += 1
      } else if let last = star {
        star = (last.symbol, last.position + 1)
        symbol = last.symbol + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    return symbols[symbol...].allSatisfy { $0 == nil }
  }
}
