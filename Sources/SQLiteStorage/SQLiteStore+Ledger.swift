internal import GRDB
internal import Runs
package import Storage

extension SQLiteStore {
  package func ledger(organization: String) async throws(StorageError) -> Ledger {
    try await read { database in
      var ledger = Ledger()
      ledger.hasBaseline =
        try Bool.fetchOne(database, sql: "SELECT 1 FROM organizations WHERE id = ?", arguments: [organization]) ?? false
      ledger.unreachableSince = try database.moment(
        "SELECT unreachable_since AS moment FROM sources WHERE organization = ?", [organization], of: "sources")
      let sql = "SELECT id, phase, since, is_baseline, gone_at FROM runs WHERE organization = ?"
      let runs = try database.all(sql, [organization], of: "runs") { (try $0.text("id"), try Ledger.Entry($0)) }
      ledger.runs = Dictionary(runs) { first, _ in first }
      return ledger
    }
  }

  package func commit(_ sweep: SweepCommit) async throws(StorageError) -> (events: Int, deliveries: Int) {
    let counts = try await write { database in
      for (id, entry) in sweep.changed { try Self.put(entry, id, sweep, database) }
      var (events, deliveries) = (0, 0)
      for new in sweep.events
      where try Self.insert(
        new.event, seenAt: sweep.time, rules: sweep.rules, database)
      {
        events += 1
        deliveries += try Self.insertDeliveries(of: new, sweep.time, database)
        try Self.insertRestraints(of: new, at: sweep.time, database)
      }
      if sweep.setsBaseline {
        try database.execute(
          sql: "INSERT OR IGNORE INTO organizations (id, baseline_at) VALUES (?, ?)",
          arguments: [sweep.organization, sweep.time.milliseconds])
      }
      if let change = sweep.source { try Self.put(change, sweep.organization, database) }
      return (events: events, deliveries: deliveries)
    }
    if sweep.events.contains(where: { !$0.digests.isEmpty }) { board.post(.digest) }
    return counts
  }

  private static func put(_ change: SourceChange, _ organization: String, _ database: Database) throws {
    switch change {
    case .unreachable(let since):
      try database.execute(
        sql: "INSERT OR REPLACE INTO sources (organization, unreachable_since) VALUES (?, ?)",
        arguments: [organization, since.milliseconds])
    case .recovered:
      try database.execute(sql: "DELETE FROM sources WHERE organization = ?", arguments: [organization])
    }
  }

  private static func put(_ entry: Ledger.Entry, _ id: String, _ sweep: SweepCommit, _ database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO runs (organization, id, phase, since, is_baseline, gone_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET phase = excluded.phase, since = excluded.since, is_baseline = excluded.is_baseline,
          gone_at = excluded.gone_at, changed_at = excluded.changed_at
        """)
    try statement.execute(arguments: [
      sweep.organization, id, entry.phase.rawValue, entry.since.milliseconds, entry.isBaseline,
      entry.isGone ? sweep.time.milliseconds : nil, sweep.time.milliseconds,
    ])
  }

  /// False when the event is known already.
  static func insert(
    _ event: RunEvent, seenAt: Timestamp, rules: String?, _ database: Database
  ) throws -> Bool {
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO events (id, run_id, phase, stayed, time, seen_at, rules, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
        """)
    try statement.execute(arguments: [
      event.id, event.runID, event.eventKind.word, event.eventKind.stay?.milliseconds, event.time.milliseconds,
      seenAt.milliseconds, rules, event.body.blob,
    ])
    return database.changesCount == 1
  }

  /// The event's deliveries, and its part in digests. Returns how many deliveries were new.
  static func insertDeliveries(of new: NewEvent, _ now: Timestamp, _ database: Database) throws -> Int {
    for entry in new.digests { try collect(new.event, entry, now, database) }
    return try new.deliveries.reduce(0) { count, delivery in
      try count + (insert(delivery, event: new.event.id, run: new.event.runID, now, database) ? 1 : 0)
    }
  }

  /// False when the delivery is known already. `OR IGNORE` would also say nothing of one that a `CHECK` refuses.
  @discardableResult
  static func insert(
    _ delivery: NewDelivery, event: String, run: String, _ now: Timestamp, _ database: Database
  ) throws -> Bool {
    let (kind, content) = delivery.content.columns
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO deliveries
          (id, event_id, run_id, rule, action, destination, lane, kind, timeout, retry_for, status, next_attempt_at, created_at,
           retry_from, delay, defers, parent, branch, is_once, continues, form, is_standard, updates, thread, rank)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
          (SELECT coalesce(rank, sequence) FROM deliveries WHERE id = ?))
        ON CONFLICT (id) DO NOTHING
        """)
    try statement.execute(arguments: [
      delivery.id, event, run, delivery.rule, delivery.action, delivery.destination.name,
      delivery.destination.lane, kind,
      delivery.timeout?.milliseconds, delivery.retryFor?.milliseconds, (delivery.notBefore ?? now).milliseconds,
      now.milliseconds, delivery.notBefore?.milliseconds, delivery.notBefore.map { _ in "quiet" }, delivery.defers,
      delivery.link?.parent,
      delivery.link?.branch.rawValue, delivery.isOnce, delivery.continuation != nil,
      delivery.form, delivery.isStandard, delivery.sequel.updates, delivery.sequel.thread, delivery.link?.parent,
    ])
    guard database.changesCount == 1 else { return false }
    let sequence = database.lastInsertedRowID
    if let content {
      try database.cachedStatement(sql: "INSERT INTO contents (delivery, bytes) VALUES (?, ?)").execute(arguments: [
        sequence, content,
      ])
    }
    if let continuation = delivery.continuation {
      try database.cachedStatement(sql: "INSERT INTO continuations (delivery, bytes) VALUES (?, ?)")
        .execute(arguments: [sequence, continuation.blob])
    }
    return true
  }
}
