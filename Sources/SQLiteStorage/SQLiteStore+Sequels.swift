internal import GRDB
internal import Runs
package import Storage

/// Messages that others continue.
extension SQLiteStore {
  package func posted(key: String) async throws(StorageError) -> PostedMessage? {
    try await read { database in
      try database.first("SELECT key, reference, rank FROM posted WHERE key = ?", [key], of: "posted", by: "key") {
        row in
        PostedMessage(
          key: try row.text("key"), reference: try row.bytes("reference"), rank: try row.integer("rank"))
      }
    }
  }

  static func put(_ posted: PostedMessage, at now: Timestamp, _ database: Database) throws {
    try database.cachedStatement(sql: "REPLACE INTO posted (key, reference, rank, used_at) VALUES (?, ?, ?, ?)")
      .execute(arguments: [posted.key, posted.reference.blob, posted.rank, now.milliseconds])
  }

  /// Returns how many are forgotten.
  static func prunePosted(usedBefore before: Timestamp, limit: Int, _ database: Database) throws -> Int {
    try database.execute(
      sql: "DELETE FROM posted WHERE key IN (SELECT key FROM posted WHERE used_at < ? ORDER BY used_at, key LIMIT ?)",
      arguments: [before.milliseconds, limit])
    return database.changesCount
  }
}
