package import Runs
package import Storage

/// The number of ``NewsBoard`` is a row, which grows with each transaction of another process, and in none of the watcher's.
extension PostgresStore {
  package func news(within limit: Duration, by time: TimeSource) async throws(StorageError) -> StateNews {
    await board.wait(within: limit, by: time)
    let found = try await readUnderLease { [shares] database in
      // A process that delivers beside others looks out for what these have written, too.
      try database.first(
        """
        SELECT counter + CASE WHEN \(shares) THEN (SELECT coalesce(max(sequence), 0) FROM vi_notify.deliveries) ELSE 0 END
          AS counter, NOT EXISTS (\(Membership.watching)) AS is_free FROM vi_notify.news
        """, of: "news", by: "counter"
      ) { (counter: try $0.integer("counter"), isWatchFree: try $0.flag("is_free")) }
    }
    if let found { membership?.noteWatch(isFree: found.isWatchFree) }
    return board.take(number: found?.counter ?? 0)
  }
}
