package import Runs
package import Storage

/// Chains whose files are on a machine that is gone.
///
/// What follows a download names the machine that has the files (`worker`), whatever stands in between. When that machine has had no process
/// for long enough, the step that waits for it is taken from it (`worker` is empty: nobody's), and the download is made again, anywhere.
/// Its end puts the steps behind it down anew, under their ids, for the machine that has the files now.
extension PostgresStore {
  private struct Stranded {
    let sequence: Int64
    let id: String
    let worker: String
    /// The download before it; nil if it was pruned.
    let download: String?
    let isDownloadDead: Bool
    /// A step in between that must not be made twice, and has been.
    let once: String?
  }

  package func restartChains(goneFor time: Duration, at now: Timestamp) async throws(StorageError) -> [String] {
    // While that machine may still come back, nothing is written.
    guard try await !read({ try Self.stranded(time, $0) }).isEmpty else { return [] }
    return try await write { database in
      var downloads: Set<String> = []
      for step in try Self.stranded(time, database) {
        if let reason = Self.end(of: step) {
          try Self.bury(step, reason, at: now, database)
        } else if !step.worker.isEmpty, let download = step.download {
          try database.execute("UPDATE vi_notify.deliveries SET worker = '' WHERE sequence = \(step.sequence)")
          downloads.insert(download)
        }
      }
      for download in downloads.sorted() { try Self.restart(download, at: now, database) }
      return downloads.sorted()
    }
  }

  /// To be done where the files are.
  static let isPinned: Statement = "worker IS NOT NULL AND status = 'pending' AND lane IN ('hook', 'download')"

  /// Steps that wait for a machine that is gone, or for a download that is made again because it was.
  private static func stranded(_ time: Duration, _ database: PostgresConnection) throws -> [Stranded] {
    try database.all(
      """
      SELECT d.sequence, d.id, d.worker, up.id AS download, coalesce(up.status = 'dead', false) AS is_dead, up.once
      FROM (SELECT * FROM vi_notify.deliveries WHERE \(isPinned)) d LEFT JOIN LATERAL (
        WITH RECURSIVE chain AS (
          SELECT p.id, p.parent, p.lane, p.status, 1 AS depth,
            CASE WHEN d.is_once AND d.attempts > 0 THEN d.id WHEN p.is_once AND p.attempts > 0 THEN p.id END AS once
          FROM vi_notify.deliveries p WHERE p.id = d.parent
          UNION ALL
          SELECT p.id, p.parent, p.lane, p.status, c.depth + 1,
            coalesce(c.once, CASE WHEN p.is_once AND p.attempts > 0 THEN p.id END)
          FROM chain c JOIN vi_notify.deliveries p ON p.id = c.parent WHERE c.lane IS DISTINCT FROM 'download')
        SELECT id, status, once FROM chain WHERE lane = 'download' ORDER BY depth LIMIT 1) up ON true
      WHERE NOT EXISTS (
        SELECT 1 FROM vi_notify.workers w WHERE w.name = d.worker
          AND w.seen_at > clock_timestamp() - make_interval(secs => \(time.milliseconds)::bigint / 1000.0))
      ORDER BY d.sequence
      """, of: "deliveries", by: "sequence"
    ) { row in
      Stranded(
        sequence: try row.integer("sequence"), id: try row.text("id"), worker: try row.text("worker"),
        download: try row.optionalText("download"), isDownloadDead: try row.flag("is_dead"),
        once: try row.optionalText("once"))
    }
  }

  /// Why the step can never be made; nil: it can.
  private static func end(of step: Stranded) -> String? {
    if step.worker.isEmpty {
      return step.isDownloadDead ? "the machine with its files is gone, and the download could not be made again" : nil
    }
    guard step.download != nil else { return "the machine \(step.worker) with its files is gone" }
    return step.once.map {
      "the machine \(step.worker) with its files is gone, and its chain can't begin again, for \($0) must not run twice (\"once\")"
    }
  }

  private static func bury(
    _ step: Stranded, _ reason: String, at now: Timestamp, _ database: PostgresConnection
  ) throws {
    let found = try database.first(
      """
      UPDATE vi_notify.deliveries
      SET status = 'dead', waits = false, next_attempt_at = NULL, settled_at = \(now), reason = \(reason)
      WHERE sequence = \(step.sequence) AND status = 'pending' RETURNING sequence, run_id, destination
      """, of: "deliveries", by: "sequence"
    ) { (run: try $0.text("run_id"), destination: try $0.text("destination")) }
    if let found { _ = try free(run: found.run, destination: found.destination, database) }
  }

  private static func restart(_ download: String, at now: Timestamp, _ database: PostgresConnection) throws {
    let count = try database.execute(
      """
      UPDATE vi_notify.deliveries SET status = 'pending', next_attempt_at = \(now), delay = NULL, settled_at = NULL,
        reason = NULL, retry_from = \(now), attempts_before = attempts, worker = NULL
      WHERE id = \(download) AND status IN ('delivered', 'dead')
      """)
    guard count == 1 else { return }
    try database.execute(
      "INSERT INTO vi_notify.replays (delivery_id, requested_at) VALUES (\(download), \(now))")
  }
}
