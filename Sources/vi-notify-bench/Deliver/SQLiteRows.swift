import GRDBSQLite
import Glibc

/// A file of SQLite, written to the disk at each commit.
final class SQLiteRows: OutboxRows {
  private let database: OpaquePointer?
  private let select: OpaquePointer?
  private let update: OpaquePointer?

  init(path: String) {
    var database: OpaquePointer?
    sqlite3_open(path, &database)
    for sql in [
      "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
      "CREATE TABLE outbox (id INTEGER PRIMARY KEY, message TEXT NOT NULL, body BLOB NOT NULL, ended INTEGER)",
      "CREATE INDEX waiting ON outbox (id) WHERE ended IS NULL",
    ] { sqlite3_exec(database, sql, nil, nil, nil) }
    func prepare(_ sql: String) -> OpaquePointer? {
      var statement: OpaquePointer?
      sqlite3_prepare_v2(database, sql, -1, &statement, nil)
      return statement
    }
    self.database = database
    select = prepare("SELECT id, body FROM outbox WHERE ended IS NULL AND id > ? ORDER BY id LIMIT 100")
    update = prepare("UPDATE outbox SET ended = ? WHERE id = ?")
  }

  deinit {
    sqlite3_finalize(select)
    sqlite3_finalize(update)
    sqlite3_close(database)
  }

  func fill(_ count: Int, body: [UInt8]) {
    sqlite3_exec(database, "BEGIN", nil, nil, nil)
    var insert: OpaquePointer?
    sqlite3_prepare_v2(
      database, "INSERT INTO outbox (message, body) VALUES ('msg_0123456789abcdef', ?)", -1, &insert, nil)
    for _ in 0..<count {
      _ = body.withUnsafeBytes { sqlite3_bind_blob(insert, 1, $0.baseAddress, Int32($0.count), nil) }
      sqlite3_step(insert)
      sqlite3_reset(insert)
    }
    sqlite3_finalize(insert)
    sqlite3_exec(database, "COMMIT", nil, nil, nil)
  }

  func waiting(after last: Int64) -> [(id: Int64, body: [UInt8])] {
    sqlite3_bind_int64(select, 1, last)
    defer { sqlite3_reset(select) }
    var rows: [(id: Int64, body: [UInt8])] = []
    while sqlite3_step(select) == SQLITE_ROW {
      let bytes = UnsafeRawBufferPointer(
        start: sqlite3_column_blob(select, 1), count: Int(sqlite3_column_bytes(select, 1)))
      rows.append((sqlite3_column_int64(select, 0), Array(bytes)))
    }
    return rows
  }

  func settle(_ ids: [Int64]) {
    sqlite3_exec(database, "BEGIN", nil, nil, nil)
    for id in ids {
      sqlite3_bind_int64(update, 1, 1)
      sqlite3_bind_int64(update, 2, id)
      sqlite3_step(update)
      sqlite3_reset(update)
    }
    sqlite3_exec(database, "COMMIT", nil, nil, nil)
  }
}
