internal import Runs
package import Storage

extension PostgresStore {
  package func ledger(organization: String) async throws(StorageError) -> Ledger {
    try await read(whole: true) { database in
      var ledger = Ledger()
      ledger.hasBaseline = try database.finds("SELECT 1 FROM vi_notify.organizations WHERE id = \(organization)")
      ledger.unreachableSince = try database.moment(
        "SELECT unreachable_since AS moment FROM vi_notify.sources WHERE organization = \(organization)", of: "sources")
      let runs = try database.all(
        "SELECT id, phase, since, is_baseline, gone_at FROM vi_notify.runs WHERE organization = \(organization)",
        of: "runs"
      ) { (try $0.text("id"), try Ledger.Entry($0)) }
      ledger.runs = Dictionary(runs) { first, _ in first }
      return ledger
    }
  }

  package func commit(_ sweep: SweepCommit) async throws(StorageError) -> (events: Int, deliveries: Int) {
    let counts = try await write { database in
      for (id, entry) in sweep.changed { try Self.put(entry, id, sweep, database) }
      var (events, deliveries) = (0, 0)
      for new in sweep.events
      where try Self.insert(new.event, seenAt: sweep.time, rules: sweep.rules, database) {
        events += 1
        deliveries += try Self.insertDeliveries(of: new, sweep.time, database)
        try Self.insertRestraints(of: new, at: sweep.time, database)
      }
      if sweep.setsBaseline {
        try database.execute(
          """
          INSERT INTO vi_notify.organizations (id, baseline_at) VALUES (\(sweep.organization), \(sweep.time))
          ON CONFLICT (id) DO NOTHING
          """)
      }
      if let change = sweep.source { try Self.put(change, sweep.organization, database) }
      return (events: events, deliveries: deliveries)
    }
    if sweep.events.contains(where: { !$0.digests.isEmpty }) { board.post(.digest) }
    return counts
  }

  private static func put(_ change: SourceChange, _ organization: String, _ database: PostgresConnection) throws {
    switch change {
    case .unreachable(let since):
      try database.execute(
        """
        INSERT INTO vi_notify.sources (organization, unreachable_since) VALUES (\(organization), \(since))
        ON CONFLICT (organization) DO UPDATE SET unreachable_since = excluded.unreachable_since
        """)
    case .recovered:
      try database.execute("DELETE FROM vi_notify.sources WHERE organization = \(organization)")
    }
  }

  private static func put(
    _ entry: Ledger.Entry, _ id: String, _ sweep: SweepCommit, _ database: PostgresConnection
  ) throws {
    try database.execute(
      """
      INSERT INTO vi_notify.runs (organization, id, phase, since, is_baseline, gone_at, changed_at)
      VALUES (\(sweep.organization), \(id), \(entry.phase.rawValue), \(entry.since), \(entry.isBaseline),
        \(entry.isGone ? sweep.time : nil), \(sweep.time))
      ON CONFLICT (organization, id) DO UPDATE SET phase = excluded.phase, since = excluded.since,
        is_baseline = excluded.is_baseline, gone_at = excluded.gone_at, changed_at = excluded.changed_at
      """)
  }

  /// False when the event is known already.
  static func insert(
    _ event: RunEvent, seenAt: Timestamp, rules: String?, _ database: PostgresConnection
  ) throws -> Bool {
    let count = try database.execute(
      """
      INSERT INTO vi_notify.events (id, run_id, phase, stayed, time, seen_at, rules, body)
      VALUES (\(event.id), \(event.runID), \(event.eventKind.word), \(event.eventKind.stay), \(event.time), \(seenAt),
        \(rules), \(event.body))
      ON CONFLICT (id) DO NOTHING
      """)
    return count == 1
  }

  /// The event's deliveries, and its part in digests. Returns how many deliveries were new.
  static func insertDeliveries(of new: NewEvent, _ now: Timestamp, _ database: PostgresConnection) throws -> Int {
    for entry in new.digests { try collect(new.event, entry, now, database) }
    return try new.deliveries.reduce(0) { count, delivery in
      try count + (insert(delivery, event: new.event.id, run: new.event.runID, now, database) ? 1 : 0)
    }
  }

  /// False when the delivery is known already.
  @discardableResult
  static func insert(
    _ delivery: NewDelivery, event: String, run: String, _ now: Timestamp, _ database: PostgresConnection
  ) throws -> Bool {
    let (kind, content) = delivery.content.columns
    let destination = delivery.destination
    let found = try database.first(
      """
      INSERT INTO vi_notify.deliveries
        (sequence, id, event_id, run_id, rule, action, destination, lane, kind, timeout, retry_for, status,
         next_attempt_at, created_at, retry_from, delay, defers, parent, branch, is_once, continues, form, is_standard,
         updates, thread, rank, waits)
      SELECT coalesce((SELECT max(sequence) FROM vi_notify.deliveries), 0) + 1, \(delivery.id), \(event), \(run),
        \(delivery.rule), \(delivery.action), \(destination.name), \(destination.lane), \(kind), \(delivery.timeout),
        \(delivery.retryFor), 'pending', \(delivery.notBefore ?? now), \(now), \(delivery.notBefore),
        \(delivery.notBefore.map { _ in "quiet" }), \(delivery.defers), \(delivery.link?.parent),
        \(delivery.link?.branch.rawValue), \(delivery.isOnce), \(delivery.continuation != nil), \(delivery.form),
        \(delivery.isStandard), \(delivery.sequel.updates), \(delivery.sequel.thread),
        (SELECT coalesce(rank, sequence) FROM vi_notify.deliveries WHERE id = \(delivery.link?.parent)),
        EXISTS (
          SELECT 1 FROM vi_notify.deliveries earlier
          WHERE earlier.run_id = \(run) AND earlier.destination = \(destination.name) AND earlier.event_id != \(event)
            AND earlier.status IN ('pending', 'claimed'))
      ON CONFLICT (id) DO NOTHING RETURNING sequence
      """, of: "deliveries", by: "sequence"
    ) { try $0.integer("sequence") }
    guard let sequence = found else { return false }
    if let content {
      try database.execute("INSERT INTO vi_notify.contents (delivery, bytes) VALUES (\(sequence), \(content))")
    }
    if let continuation = delivery.continuation {
      try database.execute(
        "INSERT INTO vi_notify.continuations (delivery, bytes) VALUES (\(sequence), \(continuation))")
    }
    return true
  }
}
