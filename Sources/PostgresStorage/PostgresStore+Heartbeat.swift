internal import Locking
package import Runs
package import Storage

/// What those look at who look from outside whether all is well.
extension PostgresStore {
  package func beat(_ heartbeat: Heartbeat) async throws(StorageError) {
    let us: Statement =
      membership.map { "SELECT id FROM vi_notify.members WHERE id = \($0.id) FOR KEY SHARE" } ?? "SELECT 1 AS id"
    // It comes every few seconds for ever, so it is one statement, which may be made twice, and no transaction of four.
    let reading = isWatching ? clock.withLock { $0?.next() } : nil
    let keepsClock: Statement = reading.map { ", clock AS (\(Self.saved($0, from: "us")))" } ?? ""
    let isWritten = try await read { database in
      try database.finds(
        """
        WITH us AS MATERIALIZED (\(us))\(keepsClock)
        INSERT INTO vi_notify.heartbeat (beat) SELECT \(heartbeat.stored)::bytea FROM us
        ON CONFLICT (id) DO UPDATE SET beat = excluded.beat RETURNING id
        """)
    }
    if !isWritten { throw failure(StorageError.lost(state: name, by: try await read { try Membership.watcher($0) })) }
  }

  package func heartbeat() async throws(StorageError) -> Heartbeat? {
    try await read { database in
      try database.first("SELECT beat FROM vi_notify.heartbeat", of: "heartbeat", by: "beat") { try $0.bytes("beat") }
        .flatMap(Heartbeat.init(stored:))
    }
  }

  package func tally(since moment: Timestamp) async throws(StorageError) -> [DeliveryTally] {
    try await read { database in
      try database.all(
        """
        SELECT destination, lane, count(*) FILTER (WHERE status IN ('pending', 'claimed')) AS waiting,
          count(*) FILTER (WHERE status = 'dead') AS dead,
          count(*) FILTER (WHERE status = 'dead' AND settled_at >= \(moment)) AS recent
        FROM vi_notify.deliveries GROUP BY destination, lane ORDER BY destination, lane
        """, of: "deliveries", by: "destination"
      ) { row in
        DeliveryTally(
          target: try row.target, waiting: try row.count("waiting"), dead: try row.count("dead"),
          recentlyDead: try row.count("recent"))
      }
    }
  }
}
