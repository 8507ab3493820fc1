package import Runs
package import Storage

/// Queries for displays. Writers don't wait for them.
extension PostgresStore {
  package func outbox(at now: Timestamp) async throws(StorageError) -> OutboxCount {
    try await read { database in
      let found = try database.first(
        """
        SELECT count(*) FILTER (WHERE status != 'dead') AS pending,
          count(*) FILTER (WHERE status = 'claimed' OR (status = 'pending' AND NOT waits AND next_attempt_at <= \(now))) AS due,
          min(created_at) FILTER (WHERE status != 'dead') AS oldest, count(*) FILTER (WHERE status = 'dead') AS dead
        FROM vi_notify.deliveries WHERE status IN ('pending', 'claimed', 'dead')
        """, of: "deliveries", by: "oldest"
      ) { row in
        OutboxCount(
          pending: try row.count("pending"), due: try row.count("due"), oldest: try row.optionalTime("oldest"),
          dead: try row.count("dead"))
      }
      return found ?? OutboxCount(pending: 0, due: 0, oldest: nil, dead: 0)
    }
  }

  package func runs(_ query: RunQuery) async throws(StorageError) -> [KnownRun] {
    try await read { database in
      let phases = query.phases.map(\.rawValue)
      let after: Statement =
        query.after.map { "AND (r.since < \($0.since) OR (r.since = \($0.since) AND r.id > \($0.id)))" } ?? ""
      return try database.all(
        """
        SELECT r.id, r.phase, r.since, r.is_baseline, r.gone_at,
          coalesce((SELECT body FROM vi_notify.events WHERE run_id = r.id AND octet_length(body) > 0
            ORDER BY time DESC, seen_at DESC, sequence DESC LIMIT 1), '') AS body
        FROM vi_notify.runs r WHERE r.gone_at IS NULL AND r.phase = ANY (\(phases)) \(after)
        ORDER BY r.since DESC, r.id LIMIT \(query.limit)
        """, of: "runs"
      ) { KnownRun(id: try $0.text("id"), entry: try Ledger.Entry($0), event: try $0.bytes("body")) }
    }
  }

  package func runCounts() async throws(StorageError) -> [Phase: Int] {
    try await read { database in
      let counts = try database.all(
        "SELECT phase, count(*) AS count FROM vi_notify.runs WHERE gone_at IS NULL GROUP BY phase", of: "runs",
        by: "phase"
      ) { row in
        (try row.word("phase", Phase.self), try row.count("count"))
      }
      return Dictionary(counts) { first, _ in first }
    }
  }

  package func lastFirings() async throws(StorageError) -> [String: Timestamp] {
    try await read { database in
      let found = try database.all(
        "SELECT rule, max(created_at) AS moment FROM vi_notify.deliveries GROUP BY rule", of: "deliveries", by: "rule"
      ) { row in
        (try row.text("rule"), try row.time("moment"))
      }
      return Dictionary(found) { first, _ in first }
    }
  }

  /// Every role sees how old another's snapshot is, and only its own sessions' times: for the others it must be a member of
  /// `pg_read_all_stats` (PostgreSQL's manual, 28.2.3). What vacuums keeps nothing from being cleared away.
  package func oldestSnapshot() async throws(StorageError) -> OldestSnapshot? {
    try await read { database in
      try database.first(
        """
        SELECT pid::bigint AS pid, coalesce(usename::text, '') AS role, coalesce(application_name, '') AS application,
          greatest(age(backend_xmin), age(backend_xid))::bigint AS transactions,
          (extract(epoch FROM xact_start) * 1000)::bigint AS since,
          (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint AS age
        FROM pg_catalog.pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
          AND coalesce(backend_type, '') <> 'autovacuum worker'
        ORDER BY xact_start NULLS LAST, transactions DESC LIMIT 1
        """, of: "pg_stat_activity", by: "pid"
      ) { row in
        OldestSnapshot(
          since: try row.optionalTime("since"), age: try row.optionalDuration("age"),
          transactions: try row.count("transactions"), processID: try row.integer("pid"), role: try row.text("role"),
          application: try row.text("application"))
      }
    }
  }

  package func activity(
    from start: Timestamp, step: Duration, count: Int
  ) async throws(StorageError) -> [Activity] {
    let size = max(1, step.milliseconds)
    return try await read(whole: true) { database in
      var slots = (0..<max(0, count)).map { Activity(at: start + .milliseconds(Int64($0) * size)) }
      let end = start + .milliseconds(size * Int64(slots.count))
      for (slot, word, count) in try database.all(
        """
        SELECT (seen_at - \(start)) / \(size) AS slot, phase, count(*) AS count FROM vi_notify.events
        WHERE octet_length(body) > 0 AND seen_at >= \(start) AND seen_at < \(end) AND stayed IS NULL GROUP BY 1, 2
        """, of: "events", by: "slot", { (try $0.count("slot"), try $0.text("phase"), try $0.count("count")) }
      ) {
        // Other kinds of events have other words in this column.
        guard let phase = Phase(rawValue: word), phase.isTerminal else { continue }
        slots[slot].ended[phase] = count
      }
      try database.all(
        """
        SELECT (settled_at - \(start)) / \(size) AS slot, count(*) FILTER (WHERE status = 'delivered') AS delivered,
          count(*) FILTER (WHERE status = 'dead') AS dead,
          coalesce(sum(greatest(0, settled_at - created_at)) FILTER (WHERE status = 'delivered'), 0)::bigint AS waited
        FROM vi_notify.deliveries WHERE settled_at >= \(start) AND settled_at < \(end) GROUP BY 1
        """, of: "deliveries", by: "slot"
      ) { row in
        (try row.count("slot"), try row.count("delivered"), try row.count("dead"), try row.duration("waited"))
      }.forEach { slot, delivered, dead, waited in
        (slots[slot].delivered, slots[slot].dead, slots[slot].waited) = (delivered, dead, waited)
      }
      return slots
    }
  }
}
