internal import Runs
package import Storage

/// The state as tables, to be copied whole.
extension PostgresStore: StateTables {
  /// What isn't copied: what belongs to processes and to this server, keys of tables with one row, and what is worked out from
  /// other columns. A name without a column is a whole table.
  static let leftOut: Set<String> = [
    "migrations", "members", "workers", "leases", "commits", "news", "clock.id", "heartbeat.id", "digests.key_digest",
    "cooldowns.key_digest", "deliveries.claimed_by",
  ]

  package func readTables<Value>(_ body: (any StateTableReader) throws -> Value) throws -> Value {
    // Not on one of the store's threads: the one that calls waits anyway.
    let link = copyLink()
    let connection: PostgresConnection
    do {
      connection = try link.insist(within: .zero) { connection in
        try connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return connection
      }
    } catch {
      throw failure(error)
    }
    defer { link.drop() }
    return try body(PostgresTables(connection, failure))
  }

  package func fillTables<Value: Sendable>(
    _ body: @escaping @Sendable (any StateTableWriter) throws -> Value
  ) async throws(StorageError) -> Value {
    try await write { connection in
      let tables = PostgresTables(connection) { $0 }
      let value = try body(tables)
      try tables.setSequences()
      try tables.expectWorkers()
      return value
    }
  }
}

private struct PostgresTables: StateTableWriter {
  /// Rows whose sizes are asked for at a time.
  private static let lookahead = 2_000
  /// Of one statement; the protocol takes 65,535.
  private static let maxParameters = 10_000

  private let connection: PostgresConnection
  /// Of what the server says.
  private let translate: (any Error) -> any Error

  init(_ connection: PostgresConnection, _ translate: @escaping (any Error) -> any Error) {
    (self.connection, self.translate) = (connection, translate)
  }

  func isEmpty(_ table: StateTable) throws -> Bool {
    try !connection.finds("SELECT 1 FROM \(Statement.name(of: table)) LIMIT 1")
  }

  /// Two cursors walk side by side: one tells how long rows are, without reading them, the other fetches as many as fit.
  func rows(of table: StateTable, pageSize: Int, _ page: ([StateRow]) throws -> Void) throws {
    try translating { try declare(table) }
    while case let sizes = try translating({ try nextSizes() }), !sizes.isEmpty {
      var rest = sizes[...]
      while !rest.isEmpty {
        var (count, sum) = (0, 0)
        for size in rest {
          if count > 0, sum + size > pageSize { break }
          (count, sum) = (count + 1, sum + size)
        }
        rest = rest.dropFirst(count)
        try page(try translating { try fetch(count, of: table) })
      }
    }
    try translating { try connection.script("CLOSE rows_to_copy; CLOSE sizes_to_copy") }
  }

  private func declare(_ table: StateTable) throws {
    let sizes = table.columns.compactMap { column in
      switch column.kind {
      case .text, .bytes: "coalesce(octet_length(\(column.name)), 0)::bigint"
      case .integer, .flag: nil
      }
    }
    let size = (sizes + ["\(StateValue.overhead * table.columns.count)"]).joined(separator: " + ")
    let columns = table.columns.map(\.name).joined(separator: ", ")
    let rest = "FROM vi_notify.\(table.name) ORDER BY \(table.order.joined(separator: ", "))"
    try connection.script(
      """
      DECLARE sizes_to_copy NO SCROLL CURSOR FOR SELECT (\(size))::bigint AS size \(rest);
      DECLARE rows_to_copy NO SCROLL CURSOR FOR SELECT \(columns) \(rest)
      """)
  }

  private func nextSizes() throws -> [Int] {
    try connection.all(
      Statement(stringLiteral: "FETCH FORWARD \(Self.lookahead) FROM sizes_to_copy"), of: "rows", by: "size"
    ) { try $0.count("size") }
  }

  private func fetch(_ count: Int, of table: StateTable) throws -> [StateRow] {
    try connection.all(
      Statement(stringLiteral: "FETCH FORWARD \(count) FROM rows_to_copy"), of: table.name, by: table.identifier
    ) { row in
      try table.columns.map { column in
        switch column.kind {
        case .integer: try row.optionalInteger(column.name).map(StateValue.integer) ?? .null
        case .text: try row.optionalText(column.name).map(StateValue.text) ?? .null
        case .bytes: try row.optionalBytes(column.name).map(StateValue.bytes) ?? .null
        case .flag: .flag(try row.flag(column.name))
        }
      }
    }
  }

  func insert(_ rows: [StateRow], into table: StateTable) throws {
    // Long keys are found by their digest.
    let key = Self.digested.contains(table.name) ? table.columns.firstIndex { $0.name == "key" } : nil
    let columns = table.columns.map(\.name) + (key == nil ? [] : ["key_digest"])
    var rest = rows[...]
    while !rest.isEmpty {
      let chunk = rest.prefix(max(1, Self.maxParameters / columns.count))
      rest = rest.dropFirst(chunk.count)
      let tuples = chunk.map { row in
        let values = zip(table.columns, row).map { Self.value($1, $0.kind) }
        guard let key, case .text(let text) = row[key] else { return Statement.list(values) }
        return Statement.list(values + ["\(RunEvent.digest([text]))"])
      }
      try connection.execute(
        """
        INSERT INTO \(Statement.name(of: table)) (\(Statement(stringLiteral: columns.joined(separator: ", "))))
        VALUES \(Statement(joining: tuples))
        """)
    }
  }

  private static let digested: Set<String> = ["digests", "cooldowns"]

  /// With the type of its column, also where it is NULL.
  private static func value(_ value: StateValue, _ kind: StateTable.Kind) -> Statement {
    switch (kind, value) {
    case (_, .integer(let number)): "\(number)"
    case (_, .text(let text)): "\(text)"
    case (_, .bytes(let bytes)): "\(bytes)"
    case (_, .flag(let flag)): "\(flag)"
    case (.integer, .null): "\(Int64?.none)"
    case (.text, .null): "\(String?.none)"
    case (.bytes, .null): "\([UInt8]?.none)"
    case (.flag, .null): "NULL"
    }
  }

  /// What is made next comes behind what was copied. A table whose numbers aren't the server's to give has no sequence, and stays.
  func setSequences() throws {
    for table in StateTable.all where table.columns.contains(where: { $0.name == "sequence" }) {
      try connection.execute(
        """
        SELECT setval(pg_get_serial_sequence(\("vi_notify.\(table.name)"), 'sequence'), max(sequence))
        FROM \(Statement.name(of: table))
        """)
    }
  }

  /// The machines that have files are seen as of now, so that each has the whole of `takeOver` to come back in.
  func expectWorkers() throws {
    try connection.execute(
      """
      INSERT INTO vi_notify.workers (name, seen_at)
      SELECT DISTINCT worker, clock_timestamp() FROM vi_notify.deliveries WHERE \(PostgresStore.isPinned) AND worker <> ''
      ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
      """)
  }

  @discardableResult
  private func translating<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw translate(error) }
  }
}

extension Statement {
  fileprivate static func name(of table: StateTable) -> Statement {
    PostgresStore.table(table.name)
  }

  fileprivate static func list(_ values: [Statement]) -> Statement { "(\(Statement(joining: values)))" }
}
