internal import GRDB
internal import GRDBSQLite
internal import Runs
internal import Storage

/// A row whose columns are read by name.
///
/// A value that no version can have written there, such as a number where a text belongs or a word that isn't one of a closed
/// set, is an ``UnreadableColumn`` and never a guess. GRDB's own subscripts convert what they find (`'x'` is read as 0) or end the
/// process.
struct StoredRow {
  private let row: Row
  /// Of the columns, by name.
  private let places: [String: Int]
  private let table: String
  private let key: String

  fileprivate init(_ row: Row, _ places: [String: Int], of table: String, by key: String) {
    (self.row, self.places, self.table, self.key) = (row, places, table, key)
  }

  func text(_ column: String) throws -> String { try required(optionalText(column), column) }

  func optionalText(_ column: String) throws -> String? {
    switch try value(column) {
    case .null: return nil
    case .text(let text?): return text
    case .text(nil), .integer, .bytes, .real: throw unreadable(column)
    }
  }

  func integer(_ column: String) throws -> Int64 { try required(optionalInteger(column), column) }

  func optionalInteger(_ column: String) throws -> Int64? {
    switch try value(column) {
    case .null: nil
    case .integer(let number): number
    case .text, .bytes, .real: throw unreadable(column)
    }
  }

  /// Not negative.
  func count(_ column: String) throws -> Int {
    guard let count = Int(exactly: try integer(column)), count >= 0 else { throw unreadable(column) }
    return count
  }

  func flag(_ column: String) throws -> Bool {
    switch try integer(column) {
    case 0: false
    case 1: true
    default: throw unreadable(column)
    }
  }

  func bytes(_ column: String) throws -> [UInt8] { try required(optionalBytes(column), column) }

  func optionalBytes(_ column: String) throws -> [UInt8]? {
    switch try value(column) {
    case .null: nil
    case .bytes(let bytes): bytes
    case .integer, .text, .real: throw unreadable(column)
    }
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
    let id = places[key].flatMap { try? row.decode(DatabaseValue.self, atIndex: $0) }
    return UnreadableColumn(table: table, id: id?.plainText, column: column)
  }

  private func value(_ column: String) throws -> Cell {
    guard let place = places[column] else { throw unreadable(column) }
    do {
      return try row.decode(Cell?.self, atIndex: place) ?? .null
    } catch {
      throw unreadable(column)
    }
  }
}

/// The rows of one statement, one by one, as SQLite holds them: a row that GRDB has copied has lost what was no UTF-8.
///
/// Where a column stands is found once for all rows: GRDB would look for each name in each row, without regard to case.
struct StoredRows {
  private let rows: RowCursor
  private let places: [String: Int]
  private let table: String
  private let key: String

  /// - Parameter key: the column that tells a row from others of its table.
  init(_ rows: RowCursor, of table: String, by key: String = "id") {
    (self.rows, self.table, self.key) = (rows, table, key)
    places = Dictionary(zip(rows.columnNames, 0...)) { first, _ in first }
  }

  /// Valid until the next one is asked for; nil after the last.
  func next() throws -> StoredRow? {
    try rows.next().map { StoredRow($0, places, of: table, by: key) }
  }
}

/// A value just as SQLite holds it. GRDB's `DatabaseValue` mends a text that isn't UTF-8 and ends it at a NUL; and reading what is due by
/// way of it, and by names, took a twentieth of what a delivery costs.
private enum Cell: DatabaseValueConvertible, StatementColumnConvertible {
  case null
  case integer(Int64)
  /// Nil: it is no UTF-8, which SQLite doesn't look for, or holds a NUL.
  case text(String?)
  case bytes([UInt8])
  case real

  init(sqliteStatement statement: SQLiteStatement, index: CInt) {
    switch sqlite3_column_type(statement, index) {
    case SQLITE_NULL: self = .null
    case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, index))
    // The bytes are counted behind the call that may move them (sqlite.org/c3ref/column_blob.html).
    case SQLITE_TEXT:
      let start = sqlite3_column_text(statement, index)
      let text = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
      self = .text(text.contains(0) ? nil : String(validating: text, as: UTF8.self))
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(statement, index)
      self = .bytes(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))))
    default: self = .real
    }
  }

  /// Rows are read where SQLite holds them, and never from a copy.
  static func fromDatabaseValue(_ value: DatabaseValue) -> Cell? { nil }

  var databaseValue: DatabaseValue { .null }
}

/// A column holds what can't have been written there. ``SQLiteStore`` makes `StorageError.unreadable` of it.
struct UnreadableColumn: Error, Equatable {
  let table: String
  /// Nil when that can't be read either.
  let id: String?
  let column: String

  /// The row, for people.
  var row: String { id.map { "\(table) \($0)" } ?? table }
}

extension DatabaseValue {
  fileprivate var plainText: String? {
    switch storage {
    case .int64(let number): "\(number)"
    case .string(let text): text
    case .null, .double, .blob: nil
    }
  }
}

extension Database {
  func all<Value>(
    _ sql: String, _ arguments: StatementArguments = StatementArguments(), of table: String, by key: String = "id",
    _ make: (StoredRow) throws -> Value
  ) throws -> [Value] {
    let rows = StoredRows(try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments), of: table, by: key)
    var found: [Value] = []
    while let row = try rows.next() { found.append(try make(row)) }
    return found
  }

  func first<Value>(
    _ sql: String, _ arguments: StatementArguments = StatementArguments(), of table: String, by key: String = "id",
    _ make: (StoredRow) throws -> Value
  ) throws -> Value? {
    let rows = StoredRows(try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments), of: table, by: key)
    return try rows.next().map(make)
  }

  /// Texts of one column, which the statement calls `name`.
  func texts(
    _ sql: String, _ arguments: StatementArguments = StatementArguments(), of table: String
  ) throws -> [String] {
    try all(sql, arguments, of: table, by: "name") { try $0.text("name") }
  }

  /// The statement's column `moment`; nil when it is null or there is no row.
  func moment(
    _ sql: String, _ arguments: StatementArguments = StatementArguments(), of table: String
  ) throws -> Timestamp? {
    try first(sql, arguments, of: table, by: "moment") { try $0.optionalTime("moment") } ?? nil
  }
}
