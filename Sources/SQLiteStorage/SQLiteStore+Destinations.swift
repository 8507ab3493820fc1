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
    try database.all(
      "SELECT * FROM destinations ORDER BY name", of: "destinations", by: "name", DestinationState.init)
  }

  static func put(_ state: DestinationState, _ database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        REPLACE INTO destinations
          (name, fingerprint, stopped_at, stopped_reason, hold_until, failures, next_probe_at) VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      state.name, state.fingerprint, state.stoppedAt?.milliseconds, state.stoppedReason, state.holdUntil?.milliseconds,
      state.failures, state.nextProbeAt?.milliseconds,
    ])
  }

  /// Returns how many.
  static func bury(_ burial: BulkDeadLetter, at now: Timestamp, _ database: Database) throws -> Int {
    if burial.limit <= 0 { return 0 }
    let found = try database.all(deadLetterBacklog, burial.arguments(at: now), of: "deliveries") { row in
      (sequence: try row.integer("sequence"), run: try row.text("run_id"))
    }
    let update = try database.cachedStatement(
      sql: """
        UPDATE deliveries SET status = 'dead', waits = 0, next_attempt_at = NULL, settled_at = ?, reason = ?
        WHERE sequence = ? AND status = 'pending'
        """)
    for row in found { try update.execute(arguments: [now.milliseconds, burial.reason, row.sequence]) }
    for run in Set(found.map(\.run)) {
      _ = try free(run: run, destination: burial.destination.name, database)
    }
    return found.count
  }

  /// Two halves, for each has an index.
  static let deadLetterBacklog =
    ["waits = 0", "waits = 1"].map { half in
      """
      SELECT sequence, id, run_id FROM deliveries
      WHERE status = 'pending' AND \(half) AND continues = 0 AND destination = :destination
        AND coalesce(retry_from, created_at) + coalesce(retry_for, :age) < :now
        AND sequence NOT IN (SELECT value FROM json_each(:sparing))
      """
    }.joined(separator: " UNION ALL ") + " LIMIT :limit"
}
