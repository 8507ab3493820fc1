internal import Runs
package import Storage

/// Messages that others continue.
extension PostgresStore {
  package func posted(key: String) async throws(StorageError) -> PostedMessage? {
    try await read { database in
      try database.first(
        "SELECT key, reference, rank FROM vi_notify.posted WHERE key = \(key)", of: "posted", by: "key"
      ) { row in
        PostedMessage(
          key: try row.text("key"), reference: try row.bytes("reference"), rank: try row.integer("rank"))
      }
    }
  }

  static func put(_ posted: PostedMessage, at now: Timestamp, _ database: PostgresConnection) throws {
    try database.execute(
      """
      INSERT INTO vi_notify.posted (key, reference, rank, used_at)
      VALUES (\(posted.key), \(posted.reference), \(posted.rank), \(now))
      ON CONFLICT (key) DO UPDATE SET reference = excluded.reference, rank = excluded.rank, used_at = excluded.used_at
      """)
  }

  /// Returns how many are forgotten.
  static func prunePosted(
    usedBefore before: Timestamp, limit: Int, _ database: PostgresConnection
  ) throws -> Int {
    try database.execute(
      """
      DELETE FROM vi_notify.posted WHERE key IN (
        SELECT key FROM vi_notify.posted WHERE used_at < \(before) ORDER BY used_at, key LIMIT \(limit))
      """)
  }
}
