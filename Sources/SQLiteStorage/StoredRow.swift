internal import FoundationEssentials
internal import GRDB
internal import Runs
internal import Storage

/// A row whose columns are read by name.
///
/// A value that no version can have written there, such as a number where a text belongs or a word that isn't one of a closed
/// set, is an ``UnreadableColumn`` and never a guess. GRDB's own subscripts convert what they find (`'x'` is read as 0) or end the
/// process.
struct StoredRow {
  private let row: Row
  private let table: String
  private let key: String

  /// - Parameter key: the column that tells the row from others of its table.
  init(_ row: Row, of table: String, by key: String = "id") {
    self.row = row
    self.table = table
    self.key = key
  }

  func text(_ column: String) throws -> String { try required(optionalText(column), column) }

  /// SQLite doesn't look whether a text is UTF-8, and GRDB would mend one that isn't and end it at a NUL.
  func optionalText(_ column: String) throws -> String? {
    switch try value(column) {
    case .null: return nil
    case .string(let text):
      let isWhole = try row.withUnsafeData(named: column) { data in
        guard let data, data.count == text.utf8.count else { return false }
        return !text.utf8.contains(0xEF) || String(validating: data, as: UTF8.self) == text
      }
      if isWhole { return text }
    case .int64, .double, .blob: break
    }
    throw unreadable(column)
  }

  func integer(_ column: String) throws -> Int64 { try required(optionalInteger(column), column) }

  func optionalInteger(_ column: String) throws -> Int64? {
    switch try value(column) {
    case .null: nil
    case .int64(let number): number
    case .double, .string, .blob: throw unreadable(column)
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
    case .blob(let data): Array(data)
    case .int64, .double, .string: throw unreadable(column)
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
    UnreadableColumn(table: table, id: (try? row.decode(DatabaseValue.self, forColumn: key))?.plainText, column: column)
  }

  private func value(_ column: String) throws -> DatabaseValue.Storage {
    do {
      return try row.decode(DatabaseValue.self, forColumn: column).storage
    } catch {
      throw unreadable(column)
    }
  }
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
  /// Reads rows one by one, as SQLite holds them: a row that GRDB has copied has lost what was no UTF-8.
  func all<Value>(
    _ sql: String, _ arguments: StatementArguments = StatementArguments(), of table: String, by key: String = "id",
    _ make: (StoredRow) throws -> Value
  ) throws -> [Value] {
    let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
    var found: [Value] = []
    while let row = try rows.next() { found.append(try make(StoredRow(row, of: table, by: key))) }
    return found
  }

  func first<Value>(
    _ sql: String, _ arguments: StatementArguments = StatementArguments(), of table: String, by key: String = "id",
    _ make: (StoredRow) throws -> Value
  ) throws -> Value? {
    let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
    return try rows.next().map { try make(StoredRow($0, of: table, by: key)) }
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
