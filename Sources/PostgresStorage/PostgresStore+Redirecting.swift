package import Runs
package import Storage

/// Sending elsewhere what was meant for another destination.
extension PostgresStore {
  package func redirect(
    _ filter: ReplayFilter, to destination: String, type: String, by agent: Agent, at now: Timestamp
  ) async throws(StorageError) -> Redirection {
    try await write { database in
      let rows = try Self.redirectable(filter, type, database)
      let (fit, unfit) = (rows.filter(\.fits), rows.filter { !$0.fits })
      let result = Redirection(moved: fit.map(\.id), unfit: unfit.map(\.id))
      // Who names deliveries means all of them.
      if filter.isDryRun || !filter.ids.isEmpty && !unfit.isEmpty { return result }
      for row in fit { try Self.redirect(row, to: destination, now, database) }
      try Self.requestProbes(for: result.moved, now, database)
      if !result.moved.isEmpty {
        try Self.record(Act(at: now, .redirect, by: agent, result.moved, detail: destination), database)
      }
      return result
    }
  }

  private struct Candidate {
    let sequence: Int64
    let id: String
    let run: String
    let destination: String
    let fits: Bool
  }

  private static func redirectable(
    _ filter: ReplayFilter, _ type: String, _ database: PostgresConnection
  ) throws -> [Candidate] {
    let isNamed = !filter.ids.isEmpty || filter.status != nil
    return try database.all(
      """
      SELECT d.sequence, d.id, d.run_id, d.destination,
        d.kind = 'event' OR d.kind = 'body' AND (d.form IS NULL OR d.form = \(type) OR d.is_standard) AS fits
      FROM vi_notify.deliveries d
      WHERE d.status != 'claimed' AND (\(isNamed) OR d.status != 'delivered') AND \(filter.condition)
      ORDER BY d.sequence
      """, of: "deliveries"
    ) { row in
      Candidate(
        sequence: try row.integer("sequence"), id: try row.text("id"), run: try row.text("run_id"),
        destination: try row.text("destination"), fits: try row.flag("fits"))
    }
  }

  private static func redirect(
    _ row: Candidate, to destination: String, _ now: Timestamp, _ database: PostgresConnection
  ) throws {
    try database.execute(
      """
      UPDATE vi_notify.deliveries SET destination = \(destination), lane = NULL, status = 'pending', waits = false,
        next_attempt_at = \(now), delay = NULL, settled_at = NULL, retry_from = \(now), attempts_before = attempts
      WHERE sequence = \(row.sequence)
      """)
    try database.execute("INSERT INTO vi_notify.replays (delivery_id, requested_at) VALUES (\(row.id), \(now))")
    // What waited behind it at its old destination needn't any more.
    _ = try free(run: row.run, destination: row.destination, database)
  }
}
