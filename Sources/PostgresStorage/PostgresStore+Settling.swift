package import Runs
package import Storage

/// How attempts end.
extension PostgresStore {
  package func settle(_ batch: SettlementBatch, at now: Timestamp) async throws(StorageError) -> SettlementResult {
    let result = try await write { [worker] database in
      var result = SettlementResult()
      try Self.queueUp(batch.attempts, database)
      if try Self.settle(batch.attempts, on: worker, at: now, database) { result.mayHaveFreed = true }
      for state in batch.destinations { try Self.put(state, database) }
      for burial in batch.burials {
        let count = try Self.bury(burial, at: now, database)
        result.buried += count
        if count > 0 { result.mayHaveFreed = true }
      }
      for destination in batch.releases.sorted() where try Self.release(destination, at: now, database) {
        result.mayHaveFreed = true
      }
      let new = try Self.insert(batch.events, seenAt: now, rules: nil, database)
      if try Self.insertDeliveries(of: new, now, database) > 0 { result.mayHaveFreed = true }
      return result
    }
    if batch.events.contains(where: { !$0.digests.isEmpty }) { board.post(.digest) }
    if result.mayHaveFreed { channel?.tell() }
    return result
  }

  /// What is claimed may end in several processes at once: of a run's last two each would see the other as unfinished, and nobody would
  /// let go what waits behind both. So one goes after the other, in the same order everywhere.
  private static func queueUp(_ attempts: [SettledAttempt], _ database: PostgresConnection) throws {
    let places = Set(
      attempts.lazy.map(\.delivery).filter { $0.claimedAt != nil }.map { "\($0.runID)\u{1F}\($0.destination.name)" })
    guard !places.isEmpty else { return }
    _ = try database.run(
      """
      SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(place, 7640) AS key FROM unnest(\(places.sorted())::text[]) AS place ORDER BY key) AS keys
      """)
  }

  /// True when others may go now that these have ended.
  private static func settle(
    _ attempts: [SettledAttempt], on worker: String?, at now: Timestamp, _ database: PostgresConnection
  ) throws -> Bool {
    for posted in attempts.flatMap(\.posted) { try put(posted, at: now, database) }
    let ended = try end(attempts, at: now, database)
    let settled = ended.attempts.filter {
      !$0.settlement.isRepeated && $0.settlement != .interrupted
    }
    let steps = try settled.filter { !$0.next.isEmpty }.flatMap { settled in
      let place = try place(after: settled, on: worker, database)
      return settled.next.map {
        NewRow($0, event: settled.delivery.eventID, run: settled.delivery.runID, on: place)
      }
    }
    var hasFreed = try insert(steps, now, database) > 0
    // Mostly nothing waits, and then it needn't be looked for by run.
    for delivery in settled.map(\.delivery) where ended.crowded.contains(delivery.destination.name) {
      if try free(run: delivery.runID, destination: delivery.destination.name, database) { hasFreed = true }
    }
    return hasFreed
  }

  /// The machine on which the next steps are done; nil: any. Files are where they were downloaded.
  private static func place(
    after settled: SettledAttempt, on worker: String?, _ database: PostgresConnection
  ) throws -> String? {
    guard let worker else { return nil }
    if case .download = settled.delivery.content, settled.settlement == .delivered { return worker }
    return try database.first(
      "SELECT sequence, worker FROM vi_notify.deliveries WHERE sequence = \(settled.delivery.sequence)",
      of: "deliveries", by: "sequence"
    ) { try $0.optionalText("worker") } ?? nil
  }

  /// Of the destinations of these, those at which some delivery waits behind another.
  static func crowded(_ deliveries: [ClaimedDelivery]) -> Statement {
    """
    SELECT name FROM unnest(\(Set(deliveries.map(\.destination.name)).sorted())) AS name WHERE EXISTS (
      SELECT 1 FROM vi_notify.deliveries WHERE status = 'pending' AND waits AND destination = name)
    """
  }

  /// Lets those go that waited only for what has ended: from the first that is not settled all that belong to its event.
  static func free(run: String, destination: String, _ database: PostgresConnection) throws -> Bool {
    try database.execute(freed(run: run, destination: destination)) > 0
  }

  static func freed(run: String, destination: String) -> Statement {
    """
    UPDATE vi_notify.deliveries SET waits = false WHERE sequence IN (
      WITH unsettled AS MATERIALIZED (
        SELECT sequence, event_id, waits FROM vi_notify.deliveries
        WHERE run_id = \(run) AND destination = \(destination) AND status IN ('pending', 'claimed') ORDER BY sequence)
      SELECT sequence FROM unsettled u WHERE waits
        AND event_id = (SELECT event_id FROM unsettled ORDER BY sequence LIMIT 1)
        AND NOT EXISTS (SELECT 1 FROM unsettled e WHERE e.sequence < u.sequence AND e.event_id != u.event_id))
    """
  }
}
