internal import GRDB
package import Runs
package import Storage

/// What those look at who look from outside whether all is well.
extension SQLiteStore {
  package func beat(_ heartbeat: Heartbeat) async throws(StorageError) {
    try await write { database in
      try database.execute(sql: "REPLACE INTO heartbeat (id, beat) VALUES (1, ?)", arguments: [heartbeat.stored.blob])
    }
  }

  package func heartbeat() async throws(StorageError) -> Heartbeat? {
    try await read { database in
      try database.first("SELECT id, beat FROM heartbeat", of: "heartbeat", by: "id") { try $0.bytes("beat") }
        .flatMap(Heartbeat.init(stored:))
    }
  }

  package func tally(since moment: Timestamp) async throws(StorageError) -> [DeliveryTally] {
    try await read { database in
      let sql = """
        SELECT destination, lane, sum(status IN ('pending', 'claimed')) AS waiting, sum(status = 'dead') AS dead,
          sum(status = 'dead' AND settled_at >= ?) AS recent
        FROM deliveries GROUP BY destination, lane ORDER BY destination, lane
        """
      return try database.all(sql, [moment.milliseconds], of: "deliveries", by: "destination") { row in
        DeliveryTally(
          target: try row.target, waiting: try row.count("waiting"), dead: try row.count("dead"),
          recentlyDead: try row.count("recent"))
      }
    }
  }
}
