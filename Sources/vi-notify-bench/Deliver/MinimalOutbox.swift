import CCurl
import GRDBSQLite
import Glibc

/// The least that an outbox can be: one table, one loop, libcurl's multi handle; what ended is committed by up to 100, on
/// the disk before it counts. No signature, no log of attempts worth the name. The yardstick of ``DeliverBenchmarks``.
struct MinimalOutbox: ~Copyable {
  private static let maxAtOnce = 100

  private let database: OpaquePointer?
  private let multi = curl_multi_init()
  private let handles: [UnsafeMutableRawPointer?]
  private let headers: UnsafeMutablePointer<curl_slist>?

  init(path: String, url: String, concurrency: Int) {
    var opened: OpaquePointer?
    sqlite3_open(path, &opened)
    let database = opened
    for sql in [
      "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
      "CREATE TABLE outbox (id INTEGER PRIMARY KEY, message TEXT NOT NULL, body BLOB NOT NULL, ended INTEGER)",
      "CREATE INDEX waiting ON outbox (id) WHERE ended IS NULL",
    ] { sqlite3_exec(database, sql, nil, nil, nil) }
    self.database = database
    let headers = curl_slist_append(nil, "Content-Type: application/json")
    self.headers = headers
    handles = (0..<concurrency).map { index in
      let easy = curl_easy_init()
      ccurl_set_url(easy, url)
      ccurl_set_headers(easy, headers)
      ccurl_set_on_body(easy, { _, size, count, _ in size * count }, nil)
      ccurl_set_no_signal(easy, 1)
      ccurl_set_proxy(easy, "")
      ccurl_set_private(easy, UnsafeMutableRawPointer(bitPattern: index + 1))
      return easy
    }
  }

  deinit {
    for easy in handles { curl_easy_cleanup(easy) }
    curl_multi_cleanup(multi)
    curl_slist_free_all(headers)
    sqlite3_close(database)
  }

  func fill(_ count: Int, body: [UInt8]) {
    sqlite3_exec(database, "BEGIN", nil, nil, nil)
    let insert = prepare("INSERT INTO outbox (message, body) VALUES ('msg_0123456789abcdef', ?)")
    for _ in 0..<count {
      _ = body.withUnsafeBytes { sqlite3_bind_blob(insert, 1, $0.baseAddress, Int32($0.count), nil) }
      sqlite3_step(insert)
      sqlite3_reset(insert)
    }
    sqlite3_finalize(insert)
    sqlite3_exec(database, "COMMIT", nil, nil, nil)
  }

  /// Sends all there is.
  ///
  /// - Returns: how many were answered with 200.
  func run() -> Int {
    let select = prepare("SELECT id, body FROM outbox WHERE ended IS NULL AND id > ? ORDER BY id LIMIT 100")
    let update = prepare("UPDATE outbox SET ended = ? WHERE id = ?")
    defer {
      sqlite3_finalize(select)
      sqlite3_finalize(update)
    }
    var (waiting, last, answered) = ([(id: Int64, body: [UInt8])](), Int64(0), 0)
    var (ended, free) = ([Int64](), handles)
    var underWay = [Int64](repeating: 0, count: handles.count + 1)
    while true {
      if waiting.isEmpty {
        waiting = read(select, after: last).reversed()
        last = waiting.first?.id ?? last
      }
      while let easy = free.last, let next = waiting.popLast() {
        free.removeLast()
        next.body.withUnsafeBytes { _ = ccurl_set_body(easy, $0.baseAddress, $0.count) }
        underWay[slot(of: easy)] = next.id
        curl_multi_add_handle(multi, easy)
      }
      let isIdle = free.count == handles.count && waiting.isEmpty
      if ended.count >= Self.maxAtOnce || isIdle { commit(&ended, update) }
      if isIdle { return answered }
      var (running, left): (Int32, Int32) = (0, 0)
      curl_multi_perform(multi, &running)
      while let message = curl_multi_info_read(multi, &left)?.pointee, let easy = message.easy_handle {
        var status = 0
        if ccurl_get_status(easy, &status) == CURLE_OK, status == 200 { answered += 1 }
        ended.append(underWay[slot(of: easy)])
        curl_multi_remove_handle(multi, easy)
        free.append(easy)
      }
      if free.isEmpty { curl_multi_poll(multi, nil, 0, 100, nil) }
    }
  }

  private func slot(of easy: UnsafeMutableRawPointer?) -> Int {
    var value: UnsafeMutableRawPointer?
    ccurl_get_private(easy, &value)
    return Int(bitPattern: value)
  }

  private func read(_ select: OpaquePointer?, after last: Int64) -> [(id: Int64, body: [UInt8])] {
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

  private func commit(_ ended: inout [Int64], _ update: OpaquePointer?) {
    sqlite3_exec(database, "BEGIN", nil, nil, nil)
    for id in ended {
      sqlite3_bind_int64(update, 1, 1)
      sqlite3_bind_int64(update, 2, id)
      sqlite3_step(update)
      sqlite3_reset(update)
    }
    sqlite3_exec(database, "COMMIT", nil, nil, nil)
    ended = []
  }

  private func prepare(_ sql: String) -> OpaquePointer? {
    var statement: OpaquePointer?
    sqlite3_prepare_v2(database, sql, -1, &statement, nil)
    return statement
  }
}
