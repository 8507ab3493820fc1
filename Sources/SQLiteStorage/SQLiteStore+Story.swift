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
      let sql = "SELECT digest, bytes FROM rule_files WHERE digest = ?"
      return try database.first(sql, [digest], of: "rule_files", by: "digest") { try $0.bytes("bytes") }
    }
  }

  package func story(run: String) async throws(StorageError) -> RunStory? {
    try await read { database in
      let last = try database.first(
        "SELECT id, phase, since, is_baseline, gone_at, changed_at FROM runs WHERE id = ?", [run], of: "runs"
      ) { (entry: try Ledger.Entry($0), seenAt: try $0.time("changed_at")) }
      let events = try database.all(
        "SELECT * FROM events WHERE run_id = ? ORDER BY time, seen_at, rowid", [run], of: "events", StoredEvent.init)
      guard last != nil || !events.isEmpty else { return nil }
      let deliveries = try database.all(
        """
        SELECT \(DeliveryRecord.columns), d.continues, c.bytes AS continuation
        FROM deliveries d LEFT JOIN continuations c ON c.delivery = d.sequence
        WHERE \(DeliveryRecord.isAboutRun) ORDER BY d.sequence
        """, ["run": run], of: "deliveries"
      ) { try Self.story($0, database) }
      let held = try Self.heldBack(run: run, database)
      return RunStory(last: last, events: events, deliveries: deliveries, held: held)
    }
  }

  private static func story(_ row: StoredRow, _ database: Database) throws -> StoredDelivery {
    let record = try DeliveryRecord(row)
    let replays = try database.all(
      "SELECT delivery_id, requested_at FROM replays WHERE delivery_id = ? ORDER BY requested_at", [record.id],
      of: "replays", by: "delivery_id"
    ) { try $0.time("requested_at") }
    return StoredDelivery(
      record: record, continuation: try row.continuation, attempts: try attempts(of: record.id, database),
      replays: replays)
  }

  package func replay(
    _ filter: ReplayFilter, by agent: Agent, at now: Timestamp
  ) async throws(StorageError) -> [String] {
    if filter.isDryRun { return try await read { try Self.replayable(filter, $0) } }
    return try await write { database in
      let ids = try Self.replayable(filter, database)
      for id in ids { try Self.replay(id, now, database) }
      try Self.requestProbes(for: ids, now, database)
      if !ids.isEmpty { try Self.record(Act(at: now, .replay, by: agent, ids), database) }
      return ids
    }
  }

  private static func replayable(_ filter: ReplayFilter, _ database: Database) throws -> [String] {
    let found = try database.texts(
      """
      SELECT d.id AS name FROM deliveries d
      WHERE d.status IN ('delivered', 'dead') AND d.status = coalesce(:status, d.status)
        AND (:run IS NULL OR \(DeliveryRecord.isAboutRun)) AND d.rule = coalesce(:rule, d.rule)
        AND d.destination = coalesce(:destination, d.destination) AND d.created_at >= coalesce(:since, d.created_at)
      ORDER BY d.sequence
      """,
      [
        "status": filter.status?.rawValue, "run": filter.runID, "rule": filter.rule, "destination": filter.destination,
        "since": filter.since?.milliseconds,
      ], of: "deliveries")
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
