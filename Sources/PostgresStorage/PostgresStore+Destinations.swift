internal import Runs
package import Storage

/// What holds whole destinations back.
extension PostgresStore {
  package func destinationStates() async throws(StorageError) -> [DestinationState] {
    try await read { try Self.states($0) }
  }

  package func destinationStates(
    forgettingAllBut fingerprints: [String: String]
  ) async throws(StorageError) -> [DestinationState] {
    try await write { database in
      for (name, fingerprint) in fingerprints {
        try database.execute(
          "DELETE FROM vi_notify.destinations WHERE name = \(name) AND fingerprint != \(fingerprint)")
      }
      return try Self.states(database)
    }
  }

  private static func states(_ database: PostgresConnection) throws -> [DestinationState] {
    try database.all(
      "SELECT * FROM vi_notify.destinations ORDER BY name", of: "destinations", by: "name", DestinationState.init)
  }

  static func put(_ state: DestinationState, _ database: PostgresConnection) throws {
    try database.execute(
      """
      INSERT INTO vi_notify.destinations
        (name, fingerprint, stopped_at, stopped_reason, hold_until, failures, next_probe_at)
      VALUES (\(state.name), \(state.fingerprint), \(state.stoppedAt), \(state.stoppedReason), \(state.holdUntil),
        \(state.failures), \(state.nextProbeAt))
      ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint, stopped_at = excluded.stopped_at,
        stopped_reason = excluded.stopped_reason, hold_until = excluded.hold_until, failures = excluded.failures,
        next_probe_at = excluded.next_probe_at
      """)
  }

  /// Returns how many.
  static func bury(_ burial: BulkDeadLetter, at now: Timestamp, _ database: PostgresConnection) throws -> Int {
    if burial.limit <= 0 { return 0 }
    let found = try database.all(deadLetterBacklog(burial, at: now), of: "deliveries") { row in
      (sequence: try row.integer("sequence"), run: try row.text("run_id"))
    }
    try database.execute(
      """
      UPDATE vi_notify.deliveries
      SET status = 'dead', waits = false, next_attempt_at = NULL, settled_at = \(now), reason = \(burial.reason)
      WHERE sequence = ANY (\(found.map(\.sequence))) AND status = 'pending'
      """)
    for run in Set(found.map(\.run)) {
      _ = try free(run: run, destination: burial.destination.name, database)
    }
    return found.count
  }

  /// Two halves, for each has an index.
  static func deadLetterBacklog(_ burial: BulkDeadLetter, at now: Timestamp) -> Statement {
    "\(half("NOT waits", burial, now)) UNION ALL \(half("waits", burial, now)) LIMIT \(burial.limit)"
  }

  private static func half(_ condition: Statement, _ burial: BulkDeadLetter, _ now: Timestamp) -> Statement {
    """
    SELECT sequence, id, run_id FROM vi_notify.deliveries
    WHERE status = 'pending' AND \(condition) AND NOT continues AND destination = \(burial.destination.name)
      AND coalesce(retry_from, created_at) + coalesce(retry_for, \(burial.olderThan)) < \(now)
      AND sequence != ALL (\(burial.sparing))
    """
  }
}
