internal import Runs
internal import Storage

/// How deliveries come into the outbox.
extension PostgresStore {
  /// The deliveries of events, and their parts in digests. Returns how many deliveries were new.
  static func insertDeliveries(
    of events: [NewEvent], _ now: Timestamp, _ database: PostgresConnection
  ) throws -> Int {
    try collect(events, now, database)
    let rows = events.flatMap { new in
      new.deliveries.map { NewRow($0, event: new.event.id, run: new.event.runID) }
    }
    return try insert(rows, now, database)
  }

  /// Returns how many were new. A step of a chain that has begun again on another machine begins again with it, unless it must not
  /// be made twice.
  @discardableResult
  static func insert(_ rows: [NewRow], _ now: Timestamp, _ database: PostgresConnection) throws -> Int {
    var count = 0
    for group in apart(rows).flatMap({ StatementRows.split($0, bytes: \.size) }) {
      let added = try database.all(inserted(group, now), of: "deliveries") {
        (try $0.text("id"), try $0.integer("sequence"))
      }
      count += added.count
      let sequences = Dictionary(added) { first, _ in first }
      try put("contents", of: group, sequences, database) { $0.content.columns.content }
      try put("continuations", of: group, sequences, database) { $0.continuation }
    }
    return count
  }

  /// A statement doesn't see its own rows, so those that may wait for each other are in several, in their order; and it changes a row
  /// once.
  private static func apart(_ rows: [NewRow]) -> [[NewRow]] {
    var groups: [[NewRow]] = []
    var (ids, events): (Set<String>, [[String]: String]) = ([], [:])
    for row in rows {
      let place = [row.run, row.delivery.destination.name]
      if groups.isEmpty || ids.contains(row.delivery.id) || events[place, default: row.event] != row.event {
        groups.append([])
        (ids, events) = ([], [:])
      }
      groups[groups.count - 1].append(row)
      ids.insert(row.delivery.id)
      events[place] = row.event
    }
    return groups
  }

  /// One earlier that is just ending in another process: either it has ended, or it sees these wait. So it is locked.
  static func inserted(_ rows: [NewRow], _ now: Timestamp) -> Statement {
    let deliveries = rows.map(\.delivery)
    return """
      WITH new AS MATERIALIZED (
        SELECT * FROM unnest(
          \(deliveries.map(\.id)), \(rows.map(\.event)), \(rows.map(\.run)), \(deliveries.map(\.rule)),
          \(deliveries.map(\.action)), \(deliveries.map(\.destination.name)), \(deliveries.map(\.destination.lane)),
          \(deliveries.map(\.content.columns.kind)), \(deliveries.map(\.timeout?.milliseconds)),
          \(deliveries.map(\.retryFor?.milliseconds)), \(deliveries.map(\.notBefore?.milliseconds)),
          \(deliveries.map(\.defers)), \(deliveries.map(\.link?.parent)), \(deliveries.map(\.link?.branch.rawValue)),
          \(deliveries.map(\.isOnce)), \(deliveries.map { $0.continuation != nil }), \(deliveries.map(\.form)),
          \(deliveries.map(\.isStandard)), \(deliveries.map(\.sequel.updates)), \(deliveries.map(\.sequel.thread)),
          \(rows.map(\.worker))
        ) WITH ORDINALITY AS n (id, event_id, run_id, rule, action, destination, lane, kind, timeout, retry_for,
          not_before, defers, parent, branch, is_once, continues, form, is_standard, updates, thread, worker, place)),
      behind AS MATERIALIZED (
        SELECT n.place FROM new n CROSS JOIN LATERAL (
          SELECT 1 FROM vi_notify.deliveries d
          WHERE d.run_id = n.run_id AND d.destination = n.destination AND d.event_id != n.event_id
            AND d.status IN ('pending', 'claimed') LIMIT 1 FOR SHARE) AS earlier)
      INSERT INTO vi_notify.deliveries
        (id, event_id, run_id, rule, action, destination, lane, kind, timeout, retry_for, status,
         next_attempt_at, created_at, retry_from, delay, defers, parent, branch, is_once, continues, form, is_standard,
         updates, thread, worker, rank, waits)
      SELECT n.id, n.event_id, n.run_id, n.rule, n.action, n.destination, n.lane, n.kind, n.timeout, n.retry_for, 'pending',
        coalesce(n.not_before, \(now)), \(now), n.not_before, CASE WHEN n.not_before IS NOT NULL THEN 'quiet' END, n.defers,
        n.parent, n.branch, n.is_once, n.continues, n.form, n.is_standard, n.updates, n.thread, n.worker,
        (SELECT coalesce(p.rank, p.sequence) FROM vi_notify.deliveries p WHERE p.id = n.parent),
        n.place IN (SELECT place FROM behind)
      FROM new n ORDER BY n.place
      ON CONFLICT (id) DO UPDATE SET worker = excluded.worker, status = 'pending', waits = excluded.waits,
        next_attempt_at = excluded.next_attempt_at, delay = excluded.delay, settled_at = NULL, reason = NULL,
        retry_from = \(now), attempts_before = deliveries.attempts
      WHERE deliveries.worker != excluded.worker AND deliveries.status != 'claimed'
        AND NOT (deliveries.is_once AND deliveries.attempts > 0)
      RETURNING id, sequence
      """
  }

  private static func put(
    _ table: String, of rows: [NewRow], _ sequences: [String: Int64], _ database: PostgresConnection,
    _ bytes: (NewDelivery) -> [UInt8]?
  ) throws {
    let contents = rows.compactMap { row in
      sequences[row.delivery.id].flatMap { sequence in bytes(row.delivery).map { (sequence: sequence, bytes: $0) } }
    }
    if contents.isEmpty { return }
    try database.execute(
      """
      INSERT INTO \(Self.table(table)) (delivery, bytes)
      SELECT * FROM unnest(\(contents.map(\.sequence)), \(contents.map(\.bytes)))
      ON CONFLICT (delivery) DO UPDATE SET bytes = excluded.bytes
      """)
  }
}

/// A delivery that is to come into the outbox.
struct NewRow {
  let delivery: NewDelivery
  let event: String
  let run: String
  /// The machine on which it must be done; nil: any.
  let worker: String?

  init(_ delivery: NewDelivery, event: String, run: String, on worker: String? = nil) {
    (self.delivery, self.event, self.run, self.worker) = (delivery, event, run, worker)
  }

  /// Of what is large in it, in bytes.
  fileprivate var size: Int { (delivery.content.columns.content?.count ?? 0) + (delivery.continuation?.count ?? 0) }
}
