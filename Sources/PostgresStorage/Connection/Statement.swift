internal import Runs

/// SQL with its values. What is interpolated becomes a parameter, never a part of the text; a statement that is interpolated into
/// another becomes a part of it, with its own values.
struct Statement: Sendable, ExpressibleByStringInterpolation {
  fileprivate enum Part: Sendable {
    case text(String)
    case value(Parameter)
  }

  private var parts: [Part] = []
  /// The server reads it once a connection, where nothing stands in between. For what is asked again and again in the same words: to read it
  /// anew costs as much as to plan it.
  private(set) var isKept = false

  /// See ``isKept``.
  var kept: Statement {
    var statement = self
    statement.isKept = true
    return statement
  }

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
    mutating func appendInterpolation(_ texts: [String?]) { parts.append(.value(.texts(texts))) }
    mutating func appendInterpolation(_ numbers: [Int64?]) { parts.append(.value(.integers(numbers))) }
    mutating func appendInterpolation(_ numbers: Set<Int64>) { parts.append(.value(.integers(Array(numbers)))) }
    mutating func appendInterpolation(_ contents: [[UInt8]?]) { parts.append(.value(.byteStrings(contents))) }
    mutating func appendInterpolation(_ flags: [Bool]) { parts.append(.value(.flags(flags))) }
  }
}

/// A value for a statement, with its type: the server needn't guess. All go as the server itself keeps them, which neither side has to
/// read first (`typreceive` in pg_type.dat of PostgreSQL's sources).
enum Parameter: Sendable, Equatable {
  case integer(Int64?)
  case text(String?)
  case bytes([UInt8]?)
  case flag(Bool)
  case integers([Int64?])
  case texts([String?])
  case byteStrings([[UInt8]?])
  case flags([Bool])

  /// The type's object id (pg_type.dat; they never change).
  var type: UInt32 {
    switch self {
    case .integer: ColumnType.integer
    case .text: ColumnType.text
    case .bytes: ColumnType.bytes
    case .flag: ColumnType.flag
    case .integers: 1016
    case .texts: 1009
    case .byteStrings: 1001
    case .flags: 1000
    }
  }

  /// Appends what goes to the server. False: it is NULL.
  func encode(into bytes: inout [UInt8]) -> Bool {
    switch self {
    case .integer(let number):
      guard let number else { return false }
      bytes.append(bigEndian: number)
    case .text(let text):
      guard let text else { return false }
      bytes.append(contentsOf: PostgresText.encode(text).utf8)
    case .bytes(let content):
      guard let content else { return false }
      bytes += content
    case .flag(let flag): bytes.append(flag ? 1 : 0)
    case .integers(let numbers):
      Self.encode(numbers, ColumnType.integer, into: &bytes) { $1.append(bigEndian: $0) }
    case .texts(let texts):
      Self.encode(texts, ColumnType.text, into: &bytes) { $1.append(contentsOf: PostgresText.encode($0).utf8) }
    case .byteStrings(let contents):
      Self.encode(contents, ColumnType.bytes, into: &bytes) { $1 += $0 }
    case .flags(let flags):
      Self.encode(flags, ColumnType.flag, into: &bytes) { $1.append($0 ? 1 : 0) }
    }
    return true
  }

  /// An array of one dimension (`array_recv` in arrayfuncs.c): how many dimensions, whether there are NULLs, the type, how many elements,
  /// the number of the first, and each with its length before it.
  private static func encode<Element>(
    _ elements: [Element?], _ type: UInt32, into bytes: inout [UInt8], _ append: (Element, inout [UInt8]) -> Void
  ) {
    let header = [1, elements.contains { $0 == nil } ? 1 : 0, Int32(bitPattern: type), Int32(elements.count), 1]
    // An empty array has no dimension.
    for number in elements.isEmpty ? [0, 0, header[2]] : header { bytes.append(bigEndian: number) }
    for element in elements {
      let place = bytes.count
      bytes.append(bigEndian: Int32(-1))
      guard let element else { continue }
      append(element, &bytes)
      let length = UInt32(bytes.count - place - 4)
      for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
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
