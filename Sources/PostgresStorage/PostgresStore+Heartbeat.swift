package import Runs
package import Storage

/// What those look at who look from outside whether all is well.
extension PostgresStore {
  package func beat(_ heartbeat: Heartbeat) async throws(StorageError) {
    _ = try await write { database in
      try database.execute(
        """
        INSERT INTO vi_notify.heartbeat (beat) VALUES (\(heartbeat.stored))
        ON CONFLICT (id) DO UPDATE SET beat = excluded.beat
        """)
    }
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
