internal import Runs
internal import Storage

/// A row whose columns are read by name.
///
/// A value that no version can have written there, such as a negative count or a word that isn't one of a closed set, is an
/// ``UnreadableColumn`` and never a guess.
struct StoredRow {
  private let answer: Answer
  private let row: Int
  private let table: String
  private let key: String

  /// - Parameter key: the column that tells the row from others of its table.
  init(_ answer: Answer, _ row: Int, of table: String, by key: String = "id") {
    (self.answer, self.row, self.table, self.key) = (answer, row, table, key)
  }

  func text(_ column: String) throws -> String { try required(optionalText(column), column) }

  func optionalText(_ column: String) throws -> String? {
    guard let bytes = try bytes(column, ColumnType.text) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self), let decoded = PostgresText.decode(text) else {
      throw unreadable(column)
    }
    return decoded
  }

  func integer(_ column: String) throws -> Int64 { try required(optionalInteger(column), column) }

  func optionalInteger(_ column: String) throws -> Int64? {
    guard let bytes = try bytes(column, ColumnType.integer) else { return nil }
    guard bytes.count == 8 else { throw unreadable(column) }
    return bytes.reduce(0) { $0 << 8 | Int64($1) }
  }

  /// Not negative.
  func count(_ column: String) throws -> Int {
    guard let count = Int(exactly: try integer(column)), count >= 0 else { throw unreadable(column) }
    return count
  }

  func flag(_ column: String) throws -> Bool {
    guard let bytes = try bytes(column, ColumnType.flag), bytes.count == 1 else { throw unreadable(column) }
    return bytes[0] != 0
  }

  func bytes(_ column: String) throws -> [UInt8] { try required(optionalBytes(column), column) }

  func optionalBytes(_ column: String) throws -> [UInt8]? {
    try bytes(column, ColumnType.bytes).map { [UInt8]($0) }
  }

  func time(_ column: String) throws -> Timestamp { try required(optionalTime(column), column) }

  func optionalTime(_ column: String) throws -> Timestamp? {
    try optionalInteger(column).map(Timestamp.init(milliseconds:))
  }

  func duration(_ column: String) throws -> Duration { try required(optionalDuration(column), column) }

  func optionalDuration(_ column: String) throws -> Duration? {
    try optionalInteger(column).map { .milliseconds($0) }
  }

  /// A word of a closed set.
  func word<Word: RawRepresentable<String>>(_ column: String, _ type: Word.Type = Word.self) throws -> Word {
    try required(Word(rawValue: text(column)), column)
  }

  /// Throws when the column's value means nothing.
  func required<Value>(_ value: Value?, _ column: String) throws -> Value {
    guard let value else { throw unreadable(column) }
    return value
  }

  func unreadable(_ column: String) -> UnreadableColumn {
    let id = (try? optionalText(key)) ?? (try? optionalInteger(key)).flatMap { $0.map(String.init) }
    return UnreadableColumn(table: table, id: id, column: column)
  }

  /// Nil: NULL.
  private func bytes(_ column: String, _ type: UInt32) throws -> UnsafeRawBufferPointer? {
    guard let place = answer.places[column], answer.type(place) == type else {
      throw UnreadableColumn(table: table, id: nil, column: column)
    }
    return answer.bytes(row, place)
  }
}

/// A column holds what can't have been written there. ``PostgresStore`` makes `StorageError.unreadable` of it.
struct UnreadableColumn: Error, Equatable {
  let table: String
  /// Nil when that can't be read either.
  let id: String?
  let column: String

  /// The row, for people.
  var row: String { id.map { "\(table) \($0)" } ?? table }
}

extension Answer {
  func rows<Value>(of table: String, by key: String = "id", _ make: (StoredRow) throws -> Value) throws -> [Value] {
    try (0..<count).map { try make(StoredRow(self, $0, of: table, by: key)) }
  }
}

extension PostgresConnection {
  /// Returns how many rows were changed.
  @discardableResult
  func execute(_ statement: Statement) throws -> Int { try run(statement).changed }

  func all<Value>(
    _ statement: Statement, of table: String, by key: String = "id", _ make: (StoredRow) throws -> Value
  ) throws -> [Value] {
    try run(statement).rows(of: table, by: key, make)
  }

  func first<Value>(
    _ statement: Statement, of table: String, by key: String = "id", _ make: (StoredRow) throws -> Value
  ) throws -> Value? {
    let answer = try run(statement)
    return answer.count > 0 ? try make(StoredRow(answer, 0, of: table, by: key)) : nil
  }

  /// Texts of one column, which the statement calls `name`.
  func texts(_ statement: Statement, of table: String) throws -> [String] {
    try all(statement, of: table, by: "name") { try $0.text("name") }
  }

  /// The statement's column `moment`; nil when it is null or there is no row.
  func moment(_ statement: Statement, of table: String) throws -> Timestamp? {
    try first(statement, of: table, by: "moment") { try $0.optionalTime("moment") } ?? nil
  }

  /// One number, which the statement calls `count`.
  func number(_ statement: Statement, of table: String) throws -> Int {
    try first(statement, of: table, by: "count") { try $0.count("count") } ?? 0
  }

  /// Whether a statement that asks so has a row.
  func finds(_ statement: Statement) throws -> Bool { try run(statement).count > 0 }
}
