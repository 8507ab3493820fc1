package import Runs
package import Storage

/// How a destination that failed is tried again, and what is let go when it works.
extension PostgresStore {
  package func probe(
    destination: Target, at now: Timestamp, except underWay: Set<Int64>
  ) async throws(StorageError) -> ClaimedDelivery? {
    try await readUnderLease { database in
      try database.first(Self.probeDelivery(destination, now, underWay), of: "deliveries") {
        try ClaimedDelivery(next: $0)
      }
    }
  }

  /// The order is that of what is due: so each probe is another delivery's, and one that its destination never takes doesn't
  /// keep the others from being tried.
  static func probeDelivery(_ destination: Target, _ now: Timestamp, _ underWay: Set<Int64>) -> Statement {
    """
    \(ClaimedDelivery.selection)
    WHERE d.status = 'pending' AND NOT d.waits AND d.destination = \(destination.name)
      AND (d.delay = 'backoff' OR d.next_attempt_at <= \(now)) AND d.sequence != ALL (\(underWay))
    ORDER BY d.next_attempt_at, d.sequence LIMIT 1
    """
  }

  package func destinationsBackingOff(at now: Timestamp) async throws(StorageError) -> Set<Target> {
    try await read { database in
      Set(
        try database.all(
          """
          SELECT DISTINCT destination, lane FROM vi_notify.deliveries
          WHERE status = 'pending' AND NOT waits AND delay = 'backoff' AND next_attempt_at > \(now)
          """, of: "deliveries", by: "destination"
        ) { try $0.target })
    }
  }

  /// True when something is due by it.
  static func release(_ destination: Target, at now: Timestamp, _ database: PostgresConnection) throws -> Bool {
    try database.execute(release(destination, at: now)) > 0
  }

  static func release(_ destination: Target, at now: Timestamp) -> Statement {
    """
    UPDATE vi_notify.deliveries SET next_attempt_at = \(now), delay = NULL
    WHERE status = 'pending' AND NOT waits AND destination = \(destination.name) AND next_attempt_at > \(now)
      AND delay = 'backoff'
    """
  }

  package func hasten(ids: [String], by agent: Agent, at now: Timestamp) async throws(StorageError) -> [String] {
    try await write { database in
      let waiting = try database.texts(
        """
        SELECT id AS name FROM vi_notify.deliveries
        WHERE status IN ('pending', 'claimed') AND id = ANY (\(ids)) ORDER BY sequence
        """, of: "deliveries")
      try database.execute(
        """
        UPDATE vi_notify.deliveries SET next_attempt_at = least(next_attempt_at, \(now)), delay = NULL
        WHERE id = ANY (\(waiting)) AND status = 'pending'
        """)
      try Self.requestProbes(for: waiting, now, database)
      let digests = try database.texts(
        """
        UPDATE vi_notify.digests SET due_at = least(due_at, \(now)) WHERE delivery_id IS NULL AND id = ANY (\(ids))
        RETURNING id AS name
        """, of: "digests")
      let hastened = waiting + digests.sorted()
      if !hastened.isEmpty { try Self.record(Act(at: now, .hasten, by: agent, hastened), database) }
      return hastened
    }
  }

  static func requestProbes(for ids: [String], _ now: Timestamp, _ database: PostgresConnection) throws {
    try database.execute(
      """
      INSERT INTO vi_notify.probe_requests (destination, lane, requested_at)
      SELECT DISTINCT ON (destination) destination, lane, \(now) FROM vi_notify.deliveries WHERE id = ANY (\(ids))
      ON CONFLICT (destination) DO UPDATE SET lane = excluded.lane, requested_at = excluded.requested_at
      """)
  }

  package func takeProbeRequests(among targets: Set<Target>?) async throws(StorageError) -> Set<Target> {
    let wanted: Statement = targets.map { "destination = ANY (\($0.map(\.name).sorted()))" } ?? "true"
    let isAsked = try await read { try $0.finds("SELECT 1 FROM vi_notify.probe_requests WHERE \(wanted) LIMIT 1") }
    guard isAsked else { return [] }
    return try await write { database in
      Set(
        try database.all(
          "DELETE FROM vi_notify.probe_requests WHERE \(wanted) RETURNING destination, lane", of: "probe_requests",
          by: "destination"
        ) { try $0.target })
    }
  }
}
