internal import GRDB
internal import Runs
package import Storage

/// What holds whole destinations back.
extension SQLiteStore {
  package func destinationStates() async throws(StorageError) -> [DestinationState] {
    try await read { try Self.states($0) }
  }

  package func destinationStates(
    forgettingAllBut fingerprints: [String: String]
  ) async throws(StorageError) -> [DestinationState] {
    try await write { database in
      for (name, fingerprint) in fingerprints {
        try database.execute(
          sql: "DELETE FROM destinations WHERE name = ? AND fingerprint != ?", arguments: [name, fingerprint])
      }
      return try Self.states(database)
    }
  }

  private static func states(_ database: Database) throws -> [DestinationState] {
    try Row.fetchAll(database, sql: "SELECT * FROM destinations ORDER BY name").map { row in
      DestinationState(
        name: row["name"], fingerprint: row["fingerprint"], stoppedAt: row.time("stopped_at"),
        stoppedReason: row["stopped_reason"], holdUntil: row.time("hold_until"), failures: row["failures"],
        nextProbeAt: row.time("next_probe_at"))
    }
  }

  static func put(_ state: DestinationState, _ database: Database) throws {
    let statement = try database.cachedStatement(sql: "REPLACE INTO destinations VALUES (?, ?, ?, ?, ?, ?, ?)")
    try statement.execute(arguments: [
      state.name, state.fingerprint, state.stoppedAt?.milliseconds, state.stoppedReason, state.holdUntil?.milliseconds,
      state.failures, state.nextProbeAt?.milliseconds,
    ])
  }

  /// Returns how many.
  static func bury(_ burial: BulkDeadLetter, at now: Timestamp, _ database: Database) throws -> Int {
    if burial.limit <= 0 { return 0 }
    let found = try Row.fetchAll(
      database.cachedStatement(sql: deadLetterBacklog),
      arguments: burial.arguments(at: now))
    let update = try database.cachedStatement(
      sql: """
        UPDATE deliveries SET status = 'dead', waits = 0, next_attempt_at = NULL, settled_at = ?, reason = ?
        WHERE sequence = ? AND status = 'pending'
        """)
    for row in found { try update.execute(arguments: [now.milliseconds, burial.reason, row[0] as Int64]) }
    for run in Set(found.map { $0[1] as String }) {
      _ = try free(run: run, destination: burial.destination, database)
    }
    return found.count
  }

  /// Two halves, for each has an index.
  static let deadLetterBacklog =
    ["waits = 0", "waits = 1"].map { half in
      """
      SELECT sequence, run_id FROM deliveries
      WHERE status = 'pending' AND \(half) AND continues = 0 AND destination = :destination
        AND coalesce(retry_from, created_at) + coalesce(retry_for, :age) < :now
        AND sequence NOT IN (SELECT value FROM json_each(:sparing))
      """
    }.joined(separator: " UNION ALL ") + " LIMIT :limit"
}
