import CPostgres
import Glibc

/// A table of PostgreSQL over libpq alone: one statement reads what waits, one writes down what has ended.
final class PostgresRows: OutboxRows {
  private let connection: OpaquePointer

  /// - Parameter uri: of a database in which there is no table `outbox`.
  init(_ uri: String) {
    if let failure = cpostgres_load() { giveUp("libpq: \(String(cString: failure))") }
    let texts = [strdup("dbname"), strdup(uri)]
    defer { for text in texts { free(text) } }
    let (keyword, value) = (UnsafePointer(texts[0]), UnsafePointer(texts[1]))
    guard let connection = cpostgres_start([keyword, nil], [value, nil]) else { giveUp("libpq has no memory") }
    self.connection = connection
    var wish = CPOSTGRES_POLL_WRITING
    while wish != CPOSTGRES_POLL_OK {
      if wish == CPOSTGRES_POLL_FAILED { fail() }
      wait(for: wish == CPOSTGRES_POLL_READING ? POLLIN : POLLOUT)
      wish = Int(cpostgres_poll(connection))
    }
    ask(
      """
      CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message text NOT NULL, body bytea NOT NULL, ended bigint)
        WITH (fillfactor = 80)
      """)
    ask("CREATE INDEX waiting ON outbox (id) WHERE ended IS NULL")
  }

  deinit { cpostgres_close(connection) }

  func fill(_ count: Int, body: [UInt8]) {
    let hex = body.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    ask(
      """
      INSERT INTO outbox (message, body)
      SELECT 'msg_0123456789abcdef', decode($1, 'hex') FROM generate_series(1, $2::bigint)
      """, (25, hex), (20, "\(count)"))
  }

  func waiting(after last: Int64) -> [(id: Int64, body: [UInt8])] {
    var rows: [(id: Int64, body: [UInt8])] = []
    ask("SELECT id, body FROM outbox WHERE ended IS NULL AND id > $1 ORDER BY id LIMIT 100", (20, "\(last)")) {
      result in
      for row in 0..<cpostgres_rows(result) {
        let id = UnsafeRawPointer(cpostgres_value(result, row, 0)).loadUnaligned(as: Int64.self)
        let body = UnsafeRawBufferPointer(
          start: cpostgres_value(result, row, 1), count: Int(cpostgres_length(result, row, 1)))
        rows.append((Int64(bigEndian: id), Array(body)))
      }
    }
    return rows
  }

  func settle(_ ids: [Int64]) {
    if ids.isEmpty { return }
    ask(
      "UPDATE outbox SET ended = 1 WHERE id = ANY ($1)",
      (1_016, "{\(ids.map(String.init).joined(separator: ","))}"))
  }

  /// - Parameter parameters: the number of its type, and its text.
  private func ask(
    _ statement: String, _ parameters: (type: UInt32, text: String)..., read: (OpaquePointer) -> Void = { _ in }
  ) {
    let texts = parameters.map { strdup($0.text) }
    defer { for text in texts { free(text) } }
    let isSent = cpostgres_send(
      connection, statement, Int32(texts.count), parameters.map(\.type), texts.map { UnsafePointer($0) },
      texts.map { _ in 0 }, texts.map { _ in 0 })
    guard isSent else { fail() }
    while case let left = cpostgres_flush(connection), left != 0 {
      if left < 0 { fail() }
      wait(for: POLLOUT)
    }
    while true {
      while cpostgres_is_busy(connection) {
        wait(for: POLLIN)
        guard cpostgres_consume(connection) else { fail() }
      }
      guard let result = cpostgres_next(connection) else { return }
      defer { cpostgres_clear(result) }
      guard cpostgres_status(result) == CPOSTGRES_RESULT_ROWS || cpostgres_status(result) == CPOSTGRES_RESULT_COMMAND
      else { fail() }
      read(result)
    }
  }

  private func wait(for events: Int32) {
    var entry = pollfd(fd: cpostgres_socket(connection), events: Int16(events), revents: 0)
    poll(&entry, 1, 60_000)
  }

  private func fail() -> Never {
    giveUp("PostgreSQL: \(String(cString: cpostgres_message(connection)).prefix { $0 != "\n" })")
  }
}
