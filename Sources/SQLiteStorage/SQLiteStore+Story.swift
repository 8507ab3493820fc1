internal import GRDB
package import Runs
package import Storage

extension SQLiteStore {
  package func remember(_ rules: RuleFileCopy, at now: Timestamp) async throws(StorageError) {
    try await write { database in
      try database.execute(
        sql: "INSERT OR IGNORE INTO rule_files (digest, bytes, first_used_at) VALUES (?, ?, ?)",
        arguments: [rules.digest, rules.bytes.blob, now.milliseconds])
    }
  }

  package func ruleFile(digest: String) async throws(StorageError) -> [UInt8]? {
    try await read { database in
      let sql = "SELECT bytes FROM rule_files WHERE digest = ?"
      return try Row.fetchOne(database, sql: sql, arguments: [digest]).map { $0.bytes("bytes") }
    }
  }

  package func story(run: String) async throws(StorageError) -> RunStory? {
    try await read { database in
      let last = try Row.fetchOne(
        database,
        sql: "SELECT phase, since, is_baseline, gone_at IS NOT NULL AS is_gone, changed_at FROM runs WHERE id = ?",
        arguments: [run])
      let events = try Row.fetchAll(
        database, sql: "SELECT * FROM events WHERE run_id = ? ORDER BY time, seen_at, rowid", arguments: [run])
      let deliveries = try Row.fetchAll(
        database,
        sql: """
          SELECT \(DeliveryRecord.columns), c.bytes AS continuation
          FROM deliveries d LEFT JOIN continuations c ON c.delivery = d.sequence
          WHERE \(DeliveryRecord.isAboutRun) ORDER BY d.sequence
          """, arguments: ["run": run])
      guard last != nil || !events.isEmpty else { return nil }
      return RunStory(
        last: last.flatMap(Self.lastSeen), events: events.map(StoredEvent.init),
        deliveries: try deliveries.map { try Self.story($0, database) })
    }
  }

  private static func lastSeen(_ row: Row) -> (entry: Ledger.Entry, seenAt: Timestamp)? {
    guard let phase = Phase(rawValue: row["phase"]), let since = row.time("since"), let seen = row.time("changed_at")
    else { return nil }
    return (Ledger.Entry(phase: phase, since: since, isBaseline: row["is_baseline"], isGone: row["is_gone"]), seen)
  }

  private static func story(_ row: Row, _ database: Database) throws -> StoredDelivery {
    let record = DeliveryRecord(row)
    let replays = try Int64.fetchAll(
      database, sql: "SELECT requested_at FROM replays WHERE delivery_id = ? ORDER BY requested_at",
      arguments: [record.id])
    return StoredDelivery(
      record: record, continuation: row.optionalBytes("continuation"), attempts: try attempts(of: record.id, database),
      replays: replays.map(Timestamp.init(milliseconds:)))
  }

  package func replay(_ filter: ReplayFilter, at now: Timestamp) async throws(StorageError) -> [String] {
    if filter.isDryRun { return try await read { try Self.replayable(filter, $0) } }
    return try await write { database in
      let ids = try Self.replayable(filter, database)
      for id in ids { try Self.replay(id, now, database) }
      try Self.requestProbes(for: ids, now, database)
      return ids
    }
  }

  private static func replayable(_ filter: ReplayFilter, _ database: Database) throws -> [String] {
    let found = try String.fetchAll(
      database,
      sql: """
        SELECT d.id FROM deliveries d
        WHERE d.status IN ('delivered', 'dead') AND d.status = coalesce(:status, d.status)
          AND (:run IS NULL OR \(DeliveryRecord.isAboutRun)) AND d.rule = coalesce(:rule, d.rule)
          AND d.destination = coalesce(:destination, d.destination) AND d.created_at >= coalesce(:since, d.created_at)
        ORDER BY d.sequence
        """,
      arguments: [
        "status": filter.status?.rawValue, "run": filter.runID, "rule": filter.rule, "destination": filter.destination,
        "since": filter.since?.milliseconds,
      ])
    guard !filter.ids.isEmpty else { return found }
    let ids = Set(filter.ids)
    return found.filter(ids.contains)
  }

  private static func replay(_ id: String, _ now: Timestamp, _ database: Database) throws {
    let update = try database.cachedStatement(
      sql: """
        UPDATE deliveries SET status = 'pending', next_attempt_at = ?, delay = NULL, settled_at = NULL, retry_from = ?,
          attempts_before = attempts
        WHERE id = ? AND status IN ('delivered', 'dead')
        """)
    try update.execute(arguments: [now.milliseconds, now.milliseconds, id])
    try database.cachedStatement(sql: "INSERT INTO replays (delivery_id, requested_at) VALUES (?, ?)").execute(
      arguments: [id, now.milliseconds])
  }
}

extension StoredEvent {
  fileprivate init(_ row: Row) {
    let word: String = row["phase"]
    self.init(
      id: row["id"], runID: row["run_id"], word: word, eventKind: EventKind(word: word, stay: row.duration("stayed")),
      time: row.time("time") ?? Timestamp(milliseconds: 0), seenAt: row.time("seen_at") ?? Timestamp(milliseconds: 0),
      rules: row["rules"], body: row.bytes("body"))
  }
}
