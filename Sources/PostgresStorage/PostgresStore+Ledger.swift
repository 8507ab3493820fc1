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
    if counts.deliveries > 0 { channel?.tell() }
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

  /// False when the delivery is known already. A step of a chain that has begun again on another machine begins again with it, unless it
  /// must not be made twice.
  ///
  /// - Parameter worker: the machine on which it must be done; nil: any.
  @discardableResult
  static func insert(
    _ delivery: NewDelivery, event: String, run: String, on worker: String? = nil, _ now: Timestamp,
    _ database: PostgresConnection
  ) throws -> Bool {
    let (kind, content) = delivery.content.columns
    let destination = delivery.destination
    // An earlier one that is just ending in another process: either it has ended, or it sees this one wait. So it is locked.
    let found = try database.first(
      """
      WITH earlier AS MATERIALIZED (
        SELECT 1 FROM vi_notify.deliveries
        WHERE run_id = \(run) AND destination = \(destination.name) AND event_id != \(event)
          AND status IN ('pending', 'claimed') LIMIT 1 FOR SHARE)
      INSERT INTO vi_notify.deliveries
        (id, event_id, run_id, rule, action, destination, lane, kind, timeout, retry_for, status,
         next_attempt_at, created_at, retry_from, delay, defers, parent, branch, is_once, continues, form, is_standard,
         updates, thread, worker, rank, waits)
      SELECT \(delivery.id), \(event), \(run),
        \(delivery.rule), \(delivery.action), \(destination.name), \(destination.lane), \(kind), \(delivery.timeout),
        \(delivery.retryFor), 'pending', \(delivery.notBefore ?? now), \(now), \(delivery.notBefore),
        \(delivery.notBefore.map { _ in "quiet" }), \(delivery.defers), \(delivery.link?.parent),
        \(delivery.link?.branch.rawValue), \(delivery.isOnce), \(delivery.continuation != nil), \(delivery.form),
        \(delivery.isStandard), \(delivery.sequel.updates), \(delivery.sequel.thread), \(worker),
        (SELECT coalesce(rank, sequence) FROM vi_notify.deliveries WHERE id = \(delivery.link?.parent)),
        EXISTS (SELECT 1 FROM earlier)
      ON CONFLICT (id) DO UPDATE SET worker = excluded.worker, status = 'pending', waits = excluded.waits,
        next_attempt_at = excluded.next_attempt_at, delay = excluded.delay, settled_at = NULL, reason = NULL,
        retry_from = \(now), attempts_before = deliveries.attempts
      WHERE deliveries.worker != excluded.worker AND deliveries.status != 'claimed'
        AND NOT (deliveries.is_once AND deliveries.attempts > 0)
      RETURNING sequence
      """, of: "deliveries", by: "sequence"
    ) { try $0.integer("sequence") }
    guard let sequence = found else { return false }
    if let content {
      try database.execute(
        """
        INSERT INTO vi_notify.contents (delivery, bytes) VALUES (\(sequence), \(content))
        ON CONFLICT (delivery) DO UPDATE SET bytes = excluded.bytes
        """)
    }
    if let continuation = delivery.continuation {
      try database.execute(
        """
        INSERT INTO vi_notify.continuations (delivery, bytes) VALUES (\(sequence), \(continuation))
        ON CONFLICT (delivery) DO UPDATE SET bytes = excluded.bytes
        """)
    }
    return true
  }
}
