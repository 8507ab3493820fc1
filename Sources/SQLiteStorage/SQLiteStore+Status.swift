internal import GRDB
internal import JSONSource
package import Runs
package import Storage

/// Queries for displays. Each runs on a reader connection, so writers don't wait for it.
extension SQLiteStore {
  package func outbox(at now: Timestamp) async throws(StorageError) -> OutboxCount {
    try await read { database in
      let sql = """
        SELECT 1 AS id, count(*) FILTER (WHERE status != 'dead') AS pending,
          count(*) FILTER (WHERE status = 'claimed' OR (status = 'pending' AND waits = 0 AND next_attempt_at <= ?)) AS due,
          min(created_at) FILTER (WHERE status != 'dead') AS oldest, count(*) FILTER (WHERE status = 'dead') AS dead
        FROM deliveries WHERE status IN ('pending', 'claimed', 'dead')
        """
      let found = try database.first(sql, [now.milliseconds], of: "deliveries") { row in
        OutboxCount(
          pending: try row.count("pending"), due: try row.count("due"), oldest: try row.optionalTime("oldest"),
          dead: try row.count("dead"))
      }
      return found ?? OutboxCount(pending: 0, due: 0, oldest: nil, dead: 0)
    }
  }

  package func runs(_ query: RunQuery) async throws(StorageError) -> [KnownRun] {
    var json = JSONWriter()
    json.array(query.phases.map(\.rawValue).sorted()) { $0.string($1) }
    let phases = String(decoding: json.bytes, as: UTF8.self)
    return try await read { database in
      try database.all(
        """
        SELECT r.id, r.phase, r.since, r.is_baseline, r.gone_at,
          coalesce((SELECT body FROM events WHERE run_id = r.id AND length(body) > 0
            ORDER BY time DESC, seen_at DESC LIMIT 1), x'') AS body
        FROM runs r
        WHERE r.gone_at IS NULL AND r.phase IN (SELECT value FROM json_each(:phases))
          AND (:since IS NULL OR r.since < :since OR (r.since = :since AND r.id > :id))
        ORDER BY r.since DESC, r.id LIMIT :limit
        """,
        [
          "phases": phases, "since": query.after?.since.milliseconds, "id": query.after?.id, "limit": query.limit,
        ], of: "runs"
      ) { KnownRun(id: try $0.text("id"), entry: try Ledger.Entry($0), event: try $0.bytes("body")) }
    }
  }

  package func runCounts() async throws(StorageError) -> [Phase: Int] {
    try await read { database in
      let sql = "SELECT phase, count(*) AS count FROM runs WHERE gone_at IS NULL GROUP BY phase"
      let counts = try database.all(sql, of: "runs", by: "phase") { row in
        (try row.word("phase", Phase.self), try row.count("count"))
      }
      return Dictionary(counts) { first, _ in first }
    }
  }

  package func lastFirings() async throws(StorageError) -> [String: Timestamp] {
    try await read { database in
      let sql = "SELECT rule, max(created_at) AS moment FROM deliveries GROUP BY rule"
      let found = try database.all(sql, of: "deliveries", by: "rule") { row in
        (try row.text("rule"), try row.time("moment"))
      }
      return Dictionary(found) { first, _ in first }
    }
  }

  package func activity(
    from start: Timestamp, step: Duration, count: Int
  ) async throws(StorageError) -> [Activity] {
    let size = max(1, step.milliseconds)
    return try await read { database in
      var slots = (0..<max(0, count)).map { Activity(at: start + .milliseconds(Int64($0) * size)) }
      let bounds: StatementArguments = [
        "start": start.milliseconds, "size": size, "end": start.milliseconds + size * Int64(slots.count),
      ]
      let ended = """
        SELECT (seen_at - :start) / :size AS slot, phase, count(*) AS count FROM events
        WHERE length(body) > 0 AND seen_at >= :start AND seen_at < :end AND stayed IS NULL GROUP BY slot, phase
        """
      for (slot, word, count) in try database.all(
        ended, bounds, of: "events", by: "slot", { (try $0.count("slot"), try $0.text("phase"), try $0.count("count")) }
      ) {
        // Other kinds of events have other words in this column.
        guard let phase = Phase(rawValue: word), phase.isTerminal else { continue }
        slots[slot].ended[phase] = count
      }
      let settled = """
        SELECT (settled_at - :start) / :size AS slot, sum(status = 'delivered') AS delivered, sum(status = 'dead') AS dead,
          sum(iif(status = 'delivered', max(0, settled_at - created_at), 0)) AS waited
        FROM deliveries WHERE settled_at >= :start AND settled_at < :end GROUP BY slot
        """
      try database.all(settled, bounds, of: "deliveries", by: "slot") { row in
        (try row.count("slot"), try row.count("delivered"), try row.count("dead"), try row.duration("waited"))
      }.forEach { slot, delivered, dead, waited in
        (slots[slot].delivered, slots[slot].dead, slots[slot].waited) = (delivered, dead, waited)
      }
      return slots
    }
  }
}
