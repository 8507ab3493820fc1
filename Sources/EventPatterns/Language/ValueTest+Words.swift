import JSONSource
internal import Notation

extension FieldCondition {
  /// What the field must be, in words: `"failed" or "aborted"`, `> 3600`.
  var words: String {
    let shown = tests.prefix(5).map(\.words).joined(separator: " or ")
    return tests.count > 5 ? "\(shown) or \(tests.count - 5) more" : shown
  }

  /// The type that all tests require, if no value has it: `a string`. Nil if the type isn't the problem.
  func kind(missingIn values: [JSONNode]) -> String? {
    guard let kind = tests.first?.kind, tests.allSatisfy({ $0.kind == kind }) else { return nil }
    return values.contains { $0.kind == kind } ? nil : kind
  }
}

extension ValueTest {
  /// The only type that passes, as in ``JSONSource/JSONNode/kind``; nil if several types can, or if there is only one value of it.
  fileprivate var kind: String? {
    switch self {
    case .number, .range: "a number"
    case .string, .prefix, .suffix, .caseless, .caselessPrefix, .caselessSuffix, .wildcard, .network: "a string"
    case .null, .bool, .anythingBut, .present, .absent: nil
    }
  }

  var words: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .string(let text): Words.text(text)
    case .number(.comparable(let value)): Words.number(value)
    case .number(.text(let text)): Words.plain(text)
    case .range(let range): range.words
    case .prefix(let text): "something that begins with \(Words.text(text))"
    case .suffix(let text): "something that ends with \(Words.text(text))"
    case .caseless(let text): "\(text.words) in any case"
    case .caselessPrefix(let text): "something that begins with \(text.words) in any case"
    case .caselessSuffix(let text): "something that ends with \(text.words) in any case"
    case .wildcard(let wildcard): "something like \(Words.text(wildcard.parts.map(Words.plain).joined(separator: "*")))"
    case .network(let network): "an address in \(network.words)"
    case .anythingBut(let excluded): "anything but \(excluded.prefix(5).map(\.words).joined(separator: ", "))"
    case .present: "any value"
    case .absent: "it absent"
    }
  }
}

enum Words {
  static func plain(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// A text in quotation marks, to distinguish it from a number.
  static func text(_ bytes: [UInt8]) -> String {
    text(plain(bytes))
  }

  static func text(_ text: String) -> String {
    (text.count > 60 ? "\(text.prefix(60))…" : text).debugDescription
  }

  static func number(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension JSONNode {
  /// A scalar as explanations show it.
  var words: String {
    switch content {
    case .string(let text): Words.text(text)
    case .number(let text): String(text.prefix(60))
    default: kind
    }
  }
}

extension NumberRange {
  var words: String {
    let lower = low.isFinite ? "\(lowIsOpen ? ">" : ">=") \(Words.number(low))" : nil
    let upper = high.isFinite ? "\(highIsOpen ? "<" : "<=") \(Words.number(high))" : nil
    return [lower, upper].compactMap { $0 }.joined(separator: " and ")
  }
}

extension CaselessText {
  fileprivate var words: String {
    var text = ""
    for character in characters { text.unicodeScalars.append(Unicode.Scalar(character.own) ?? "\u{FFFD}") }
    return Words.text(text)
  }
}

extension AddressBlock {
  fileprivate var words: String {
    let parts = first.isV6 ? 8 : 4
    let width = first.isV6 ? 16 : 8
    let shown = (0..<parts).map { part in
      let shift = 64 - width - part * width % 64
      let value = (part * width < 64 ? first.high : first.low) >> UInt64(shift) & (1 << UInt64(width) - 1)
      return String(value, radix: first.isV6 ? 16 : 10)
    }
    return "\(shown.joined(separator: first.isV6 ? ":" : "."))/\(bits)"
  }
}
