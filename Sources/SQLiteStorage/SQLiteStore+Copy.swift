internal import FoundationEssentials
internal import GRDB
package import Storage

/// The state as tables, to be copied whole.
extension SQLiteStore: StateTables {
  /// What isn't copied: the record of migrations, and keys of tables with one row.
  static let leftOut: Set<String> = ["grdb_migrations.identifier", "clock.id", "heartbeat.id"]

  /// What a column is called here.
  static func column(_ name: String, of table: StateTable) -> String {
    table.name == "events" && name == "sequence" ? "rowid" : name
  }

  package func readTables<Value>(_ body: (any StateTableReader) throws -> Value) throws -> Value {
    var result: Result<Value, any Error>?
    do {
      try database.read { access in
        result = Result { try body(SQLiteTables(state: name, access, failure)) }
      }
    } catch {
      throw failure(error)
    }
    guard let result else { throw StorageError.failed(state: name, why: "it was closed") }
    return try result.get()
  }

  package func fillTables<Value: Sendable>(
    _ body: @escaping @Sendable (any StateTableWriter) throws -> Value
  ) async throws(StorageError) -> Value {
    try await write { [name] access in
      // Rows come as they were: nothing is worked out for them anew.
      let triggers = try Row.fetchAll(access, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
      for trigger in triggers {
        try access.execute(sql: "DROP TRIGGER \((trigger["name"] as String).quotedDatabaseIdentifier)")
      }
      let value = try body(SQLiteTables(state: name, access) { $0 })
      for trigger in triggers { try access.execute(sql: trigger["sql"]) }
      return value
    }
  }
}

private struct SQLiteTables: StateTableWriter {
  private let state: String
  private let access: Database
  /// Of what SQLite says.
  private let translate: (any Error) -> any Error

  init(state: String, _ access: Database, _ translate: @escaping (any Error) -> any Error) {
    (self.state, self.access, self.translate) = (state, access, translate)
  }

  func isEmpty(_ table: StateTable) throws -> Bool {
    try Int.fetchOne(access, sql: "SELECT 1 FROM \(table.name) LIMIT 1") == nil
  }

  func rows(of table: StateTable, pageSize: Int, _ page: ([StateRow]) throws -> Void) throws {
    let columns = table.columns.map { "\(SQLiteStore.column($0.name, of: table)) AS \($0.name)" }
    let order = table.order.map { SQLiteStore.column($0, of: table) }.joined(separator: ", ")
    let stored = StoredRows(
      try translating {
        try Row.fetchCursor(
          access, sql: "SELECT \(columns.joined(separator: ", ")) FROM \(table.name) ORDER BY \(order)")
      }, of: table.name, by: table.identifier)
    var (rows, size) = ([StateRow](), 0)
    while let row = try translating({ try stored.next().map { try Self.row($0, of: table) } }) {
      let more = row.reduce(0) { $0 + $1.size }
      if !rows.isEmpty, size + more > pageSize {
        try page(rows)
        (rows, size) = ([], 0)
      }
      rows.append(row)
      size += more
    }
    if !rows.isEmpty { try page(rows) }
  }

  func insert(_ rows: [StateRow], into table: StateTable) throws {
    let columns = table.columns.map { SQLiteStore.column($0.name, of: table) }.joined(separator: ", ")
    let places = table.columns.map { _ in "?" }.joined(separator: ", ")
    let statement = try access.cachedStatement(sql: "INSERT INTO \(table.name) (\(columns)) VALUES (\(places))")
    for row in rows {
      try check(row, of: table)
      try statement.execute(arguments: StatementArguments(row.map(\.databaseValue)))
    }
  }

  /// GRDB ends a text at a NUL.
  private func check(_ row: StateRow, of table: StateTable) throws {
    for (column, value) in zip(table.columns, row) {
      guard case .text(let text) = value, text.utf8.contains(0) else { continue }
      let place = table.columns.firstIndex { $0.name == table.identifier }
      throw StorageError.unusable(
        state: state,
        why:
          "can't take over \(table.name) \(place.map { row[$0].plainText } ?? ""): its \(column.name) contains the character "
          + "NUL, which SQLite ends a text at; change that in the other state, and copy again")
    }
  }

  private func translating<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw translate(error) }
  }

  private static func row(_ stored: StoredRow, of table: StateTable) throws -> StateRow {
    try table.columns.map { column in
      switch column.kind {
      case .integer: try stored.optionalInteger(column.name).map(StateValue.integer) ?? .null
      case .text: try stored.optionalText(column.name).map(StateValue.text) ?? .null
      case .bytes: try stored.optionalBytes(column.name).map(StateValue.bytes) ?? .null
      case .flag: .flag(try stored.flag(column.name))
      }
    }
  }
}

extension StateValue {
  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let number): number.databaseValue
    case .text(let text): text.databaseValue
    case .bytes(let bytes): Data(bytes).databaseValue
    case .flag(let flag): flag.databaseValue
    }
  }

  fileprivate var plainText: String {
    switch self {
    case .integer(let number): "\(number)"
    case .text(let text): text
    case .null, .bytes, .flag: ""
    }
  }
}
