internal import GRDB
package import Runs
package import Storage

/// Sending elsewhere what was meant for another destination.
extension SQLiteStore {
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

  private static func redirectable(_ filter: ReplayFilter, _ type: String, _ database: Database) throws -> [Candidate] {
    let rows = try database.all(
      """
      SELECT d.sequence, d.id, d.run_id, d.destination,
        d.kind = 'event' OR d.kind = 'body' AND (d.form IS NULL OR d.form = :type OR d.is_standard) AS fits
      FROM deliveries d
      WHERE d.status != 'claimed' AND d.status = coalesce(:status, d.status) AND (:named OR d.status != 'delivered')
        AND (:run IS NULL OR \(DeliveryRecord.isAboutRun)) AND d.rule = coalesce(:rule, d.rule)
        AND d.destination = coalesce(:destination, d.destination) AND d.created_at >= coalesce(:since, d.created_at)
      ORDER BY d.sequence
      """,
      [
        "type": type, "status": filter.status?.rawValue, "named": !filter.ids.isEmpty || filter.status != nil,
        "run": filter.runID, "rule": filter.rule, "destination": filter.destination,
        "since": filter.since?.milliseconds,
      ], of: "deliveries"
    ) { row in
      Candidate(
        sequence: try row.integer("sequence"), id: try row.text("id"), run: try row.text("run_id"),
        destination: try row.text("destination"), fits: try row.flag("fits"))
    }
    guard !filter.ids.isEmpty else { return rows }
    let ids = Set(filter.ids)
    return rows.filter { ids.contains($0.id) }
  }

  private static func redirect(_ row: Candidate, to destination: String, _ now: Timestamp, _ database: Database) throws
  {
    try database.cachedStatement(
      sql: """
        UPDATE deliveries SET destination = ?, lane = NULL, status = 'pending', waits = 0, next_attempt_at = ?, delay = NULL,
          settled_at = NULL, retry_from = ?, attempts_before = attempts
        WHERE sequence = ?
        """
    ).execute(arguments: [destination, now.milliseconds, now.milliseconds, row.sequence])
    try database.cachedStatement(sql: "INSERT INTO replays (delivery_id, requested_at) VALUES (?, ?)").execute(
      arguments: [row.id, now.milliseconds])
    // What waited behind it at its old destination needn't any more.
    _ = try free(run: row.run, destination: row.destination, database)
  }
}
