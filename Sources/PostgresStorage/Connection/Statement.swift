internal import Runs

/// SQL with its values. What is interpolated becomes a parameter, never a part of the text; a statement that is interpolated into
/// another becomes a part of it, with its own values.
struct Statement: Sendable, ExpressibleByStringInterpolation {
  fileprivate enum Part: Sendable {
    case text(String)
    case value(Parameter)
  }

  private var parts: [Part] = []

  init(stringLiteral text: String) { parts = [.text(text)] }

  init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  /// One behind the other, with commas between.
  init(joining statements: [Statement]) {
    for (place, statement) in statements.enumerated() {
      if place > 0 { parts.append(.text(", ")) }
      parts += statement.parts
    }
  }

  /// The text with `$1`, `$2` …, and what stands for them.
  var rendered: (text: String, parameters: [Parameter]) {
    var (text, parameters) = ("", [Parameter]())
    for part in parts {
      switch part {
      case .text(let piece): text += piece
      case .value(let value):
        parameters.append(value)
        text += "$\(parameters.count)"
      }
    }
    return (text, parameters)
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    init(literalCapacity: Int, interpolationCount: Int) { parts.reserveCapacity(interpolationCount * 2 + 1) }

    mutating func appendLiteral(_ text: String) { parts.append(.text(text)) }
    mutating func appendInterpolation(_ statement: Statement) { parts += statement.parts }
    mutating func appendInterpolation(_ number: Int64?) { parts.append(.value(.integer(number))) }
    mutating func appendInterpolation(_ number: Int) { parts.append(.value(.integer(Int64(number)))) }
    mutating func appendInterpolation(_ text: String?) { parts.append(.value(.text(text))) }
    mutating func appendInterpolation(_ bytes: [UInt8]?) { parts.append(.value(.bytes(bytes))) }
    mutating func appendInterpolation(_ flag: Bool) { parts.append(.value(.flag(flag))) }
    mutating func appendInterpolation(_ moment: Timestamp?) { appendInterpolation(moment?.milliseconds) }
    mutating func appendInterpolation(_ duration: Duration?) { appendInterpolation(duration?.milliseconds) }
    mutating func appendInterpolation(_ texts: [String]) { parts.append(.value(.texts(texts))) }
    mutating func appendInterpolation(_ numbers: some Sequence<Int64>) {
      parts.append(.value(.integers(Array(numbers))))
    }
  }
}

/// A value for a statement, with its type: the server needn't guess.
enum Parameter: Sendable, Equatable {
  case integer(Int64?)
  case text(String?)
  case bytes([UInt8]?)
  case flag(Bool)
  case integers([Int64])
  case texts([String])

  /// The type's object id (pg_type.dat of PostgreSQL's sources; they never change).
  var type: UInt32 {
    switch self {
    case .integer: ColumnType.integer
    case .text: ColumnType.text
    case .bytes: ColumnType.bytes
    case .flag: ColumnType.flag
    case .integers: 1016
    case .texts: 1009
    }
  }

  /// 1: as it is; 0: as a text.
  var format: Int32 {
    if case .bytes = self { 1 } else { 0 }
  }

  /// What goes to the server; nil: NULL.
  var encoded: [UInt8]? {
    switch self {
    case .integer(let number): number.map { Array(String($0).utf8) }
    case .text(let text): text.map { Array(PostgresText.encode($0).utf8) }
    case .bytes(let bytes): bytes
    case .flag(let flag): [UInt8(ascii: flag ? "t" : "f")]
    case .integers(let numbers): Array("{\(numbers.map(String.init).joined(separator: ","))}".utf8)
    case .texts(let texts): Array("{\(texts.map(Self.quoted).joined(separator: ","))}".utf8)
    }
  }

  private static func quoted(_ text: String) -> String {
    let text = PostgresText.encode(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(text)\""
  }
}

enum ColumnType {
  static let flag: UInt32 = 16
  static let bytes: UInt32 = 17
  static let integer: UInt32 = 20
  static let text: UInt32 = 25
}

/// A text as PostgreSQL can keep it: it takes every character but NUL. That becomes a private one (U+E000) with a mark behind, and
/// that character itself becomes it with another mark, so that every text comes back as it was.
enum PostgresText {
  private static let escape: Unicode.Scalar = "\u{E000}"

  static func encode(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 != 0 && $0 != 0xEE }) { return text }
    var encoded = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\0": encoded.append(contentsOf: [escape, "0"])
      case escape: encoded.append(contentsOf: [escape, "1"])
      default: encoded.append(scalar)
      }
    }
    return String(encoded)
  }

  /// Nil: nobody here has encoded it.
  static func decode(_ text: String) -> String? {
    if text.utf8.allSatisfy({ $0 != 0xEE }) { return text }
    var decoded = String.UnicodeScalarView()
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      if scalar != escape {
        decoded.append(scalar)
        continue
      }
      switch scalars.next() {
      case "0": decoded.append("\0")
      case "1": decoded.append(escape)
      default: return nil
      }
    }
    return String(decoded)
  }
}
