package import Runs
package import Storage

extension PostgresStore {
  package func remember(_ rules: RuleFileCopy, at now: Timestamp) async throws(StorageError) {
    _ = try await write { database in
      try database.execute(
        """
        INSERT INTO vi_notify.rule_files (digest, bytes, first_used_at) VALUES (\(rules.digest), \(rules.bytes), \(now))
        ON CONFLICT (digest) DO NOTHING
        """)
    }
  }

  package func ruleFile(digest: String) async throws(StorageError) -> [UInt8]? {
    try await read { database in
      try database.first(
        "SELECT digest, bytes FROM vi_notify.rule_files WHERE digest = \(digest)", of: "rule_files", by: "digest"
      ) { try $0.bytes("bytes") }
    }
  }

  package func story(run: String) async throws(StorageError) -> RunStory? {
    try await read(whole: true) { database in
      let last = try database.first(
        "SELECT id, phase, since, is_baseline, gone_at, changed_at FROM vi_notify.runs WHERE id = \(run)", of: "runs"
      ) { (entry: try Ledger.Entry($0), seenAt: try $0.time("changed_at")) }
      let events = try database.all(
        "SELECT * FROM vi_notify.events WHERE run_id = \(run) ORDER BY time, seen_at, sequence", of: "events",
        StoredEvent.init)
      guard last != nil || !events.isEmpty else { return nil }
      let deliveries = try database.all(
        """
        SELECT \(DeliveryRecord.columns), d.continues, c.bytes AS continuation
        FROM vi_notify.deliveries d LEFT JOIN vi_notify.continuations c ON c.delivery = d.sequence
        WHERE \(DeliveryRecord.isAbout(run)) ORDER BY d.sequence
        """, of: "deliveries"
      ) { try Self.story($0, database) }
      return RunStory(last: last, events: events, deliveries: deliveries, held: try Self.heldBack(run: run, database))
    }
  }

  private static func story(_ row: StoredRow, _ database: PostgresConnection) throws -> StoredDelivery {
    let record = try DeliveryRecord(row)
    let replays = try database.all(
      """
      SELECT delivery_id, requested_at FROM vi_notify.replays WHERE delivery_id = \(record.id) ORDER BY requested_at
      """, of: "replays", by: "delivery_id"
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
      // Kept from here on: another process may be forgetting them, or replaying them too.
      let ids = try Self.replayable(filter, keeping: "FOR UPDATE", database)
      try database.execute(
        """
        UPDATE vi_notify.deliveries SET status = 'pending', next_attempt_at = \(now), delay = NULL, settled_at = NULL,
          retry_from = \(now), attempts_before = attempts
        WHERE id = ANY (\(ids)) AND status IN ('delivered', 'dead')
        """)
      try database.execute(
        "INSERT INTO vi_notify.replays (delivery_id, requested_at) SELECT id, \(now) FROM unnest(\(ids)) AS id")
      try Self.requestProbes(for: ids, now, database)
      if !ids.isEmpty { try Self.record(Act(at: now, .replay, by: agent, ids), database) }
      return ids
    }
  }

  private static func replayable(
    _ filter: ReplayFilter, keeping lock: Statement = "", _ database: PostgresConnection
  ) throws -> [String] {
    try database.texts(
      """
      SELECT d.id AS name FROM vi_notify.deliveries d
      WHERE d.status IN ('delivered', 'dead') AND \(filter.condition) ORDER BY d.sequence \(lock)
      """, of: "deliveries")
  }
}

extension ReplayFilter {
  /// Of the delivery `d`: only what is asked for stands in it.
  var condition: Statement {
    var condition: Statement = "true"
    if !ids.isEmpty { condition = "\(condition) AND d.id = ANY (\(ids))" }
    if let status { condition = "\(condition) AND d.status = \(status.rawValue)" }
    if let runID { condition = "\(condition) AND \(DeliveryRecord.isAbout(runID))" }
    if let rule { condition = "\(condition) AND d.rule = \(rule)" }
    if let destination { condition = "\(condition) AND d.destination = \(destination)" }
    if let since { condition = "\(condition) AND d.created_at >= \(since)" }
    return condition
  }
}
