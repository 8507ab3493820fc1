package import Runs
package import Storage

extension PostgresStore {
  /// Adds events to the open digests of their rules, actions and keys. Opens those first that aren't there.
  static func collect(_ events: [NewEvent], _ now: Timestamp, _ database: PostgresConnection) throws {
    for group in StatementRows.split(events.flatMap { new in new.digests.map { (new.event.id, $0) } }) {
      let places = group.map { DigestPlace($1) }
      // The first event of a digest opens it. In the same order everywhere, or two processes would wait for each other.
      let opening = Dictionary(zip(places, group)) { first, _ in first }.sorted { $0.key < $1.key }
      let entries = opening.map(\.value.1)
      // The row is locked either way: another process that opens the same, or closes it, waits for this one.
      let open = try database.all(
        """
        INSERT INTO vi_notify.digests (id, rule, action, key, key_digest, destination, due_at, plan)
        SELECT n.* FROM unnest(
          \(opening.map { "dig_" + RunEvent.digest([$0.value.0, $0.value.1.rule, $0.value.1.action]) }),
          \(entries.map(\.rule)), \(entries.map(\.action)), \(entries.map(\.key)), \(opening.map(\.key.keyDigest)),
          \(entries.map(\.destination)), \(entries.map { (now + $0.window).milliseconds }), \(entries.map(\.plan))) AS n
        ON CONFLICT (rule, action, key_digest) WHERE delivery_id IS NULL DO UPDATE SET id = digests.id
        RETURNING id, rule, action, key_digest
        """, of: "digests", DigestPlace.withID)
      let ids = Dictionary(open) { first, _ in first }
      let members = zip(places, group).compactMap { place, member in ids[place].map { ($0, member.0) } }
      try database.execute(
        """
        INSERT INTO vi_notify.digest_events (digest_id, event_id)
        SELECT n.digest_id, n.event_id FROM unnest(\(members.map(\.0)), \(members.map(\.1)))
          WITH ORDINALITY AS n (digest_id, event_id, place) ORDER BY n.place
        ON CONFLICT (digest_id, event_id) DO NOTHING
        """)
    }
  }

  package func dueDigests(at now: Timestamp, most: Int) async throws(StorageError) -> [OpenDigest] {
    let digests = try await read(whole: true) { database in
      let due = try database.all(
        """
        SELECT g.id, g.rule, g.action, g.destination, g.plan,
          (SELECT count(*) FROM vi_notify.digest_events c WHERE c.digest_id = g.id) AS count
        FROM vi_notify.digests g WHERE g.delivery_id IS NULL AND g.due_at <= \(now) ORDER BY g.due_at, g.id
        """, of: "digests"
      ) { row in
        OpenDigest(
          id: try row.text("id"), rule: try row.text("rule"), action: try row.text("action"),
          destination: try row.text("destination"), count: try row.count("count"), events: [],
          plan: try row.optionalBytes("plan"))
      }
      return try due.map { digest in
        let events = try database.all(
          """
          SELECT e.id, e.body FROM vi_notify.digest_events c JOIN vi_notify.events e ON e.id = c.event_id
          WHERE c.digest_id = \(digest.id) ORDER BY c.sequence LIMIT \(most)
          """, of: "events"
        ) { try $0.bytes("body") }
        return OpenDigest(
          id: digest.id, rule: digest.rule, action: digest.action, destination: digest.destination,
          count: digest.count, events: events, plan: digest.plan)
      }
    }
    return digests
  }

  package func collectingDigests(run: String?) async throws(StorageError) -> [CollectingDigest] {
    try await read { database in
      try database.all(
        """
        SELECT g.id, g.rule, g.action, g.destination, g.due_at, c.count, f.event_id, e.seen_at
        FROM vi_notify.digests g
        JOIN LATERAL (
          SELECT count(*) AS count, min(sequence) AS first FROM vi_notify.digest_events WHERE digest_id = g.id) c ON true
        JOIN vi_notify.digest_events f ON f.sequence = c.first
        JOIN vi_notify.events e ON e.id = f.event_id
        WHERE g.delivery_id IS NULL AND (\(run) IS NULL OR EXISTS (
          SELECT 1 FROM vi_notify.digest_events m JOIN vi_notify.events n ON n.id = m.event_id
          WHERE m.digest_id = g.id AND n.run_id = \(run)))
        ORDER BY g.due_at, g.id
        """, of: "digests"
      ) { row in
        CollectingDigest(
          id: try row.text("id"), rule: try row.text("rule"), action: try row.text("action"),
          destination: try row.text("destination"), dueAt: try row.time("due_at"), eventID: try row.text("event_id"),
          begunAt: try row.time("seen_at"), count: try row.count("count"))
      }
    }
  }

  package func nextDigest() async throws(StorageError) -> Timestamp? {
    try await read { database in
      try database.moment(
        "SELECT min(due_at) AS moment FROM vi_notify.digests WHERE delivery_id IS NULL", of: "digests")
    }
  }

  package func close(
    _ digest: OpenDigest, as delivery: NewDelivery, dead reason: String?, at now: Timestamp
  ) async throws(StorageError) -> Bool {
    let isClosed = try await write { database in
      // What others are just collecting is counted.
      guard try database.finds("SELECT 1 FROM vi_notify.digests WHERE id = \(digest.id) FOR UPDATE") else {
        return false
      }
      let count = try database.execute(
        """
        UPDATE vi_notify.digests SET delivery_id = \(delivery.id) WHERE id = \(digest.id) AND delivery_id IS NULL
          AND (SELECT count(*) FROM vi_notify.digest_events c WHERE c.digest_id = digests.id) = \(digest.count)
        """)
      guard count == 1 else { return false }
      let first = try database.texts(
        """
        SELECT event_id AS name FROM vi_notify.digest_events WHERE digest_id = \(digest.id) ORDER BY sequence LIMIT 1
        """, of: "digest_events")
      // It is of no run, and waits for no other digest.
      try Self.insert([NewRow(delivery, event: first.first ?? "", run: digest.id)], now, database)
      if let reason {
        try database.execute(
          """
          UPDATE vi_notify.deliveries
          SET status = 'dead', waits = false, reason = \(reason), next_attempt_at = NULL, settled_at = \(now)
          WHERE id = \(delivery.id)
          """)
      }
      return true
    }
    if isClosed { channel?.tell() }
    return isClosed
  }
}

/// What has one open digest at a time.
private struct DigestPlace: Hashable, Comparable {
  let rule: String
  let action: String
  let keyDigest: String

  init(_ entry: DigestEntry) { (rule, action, keyDigest) = (entry.rule, entry.action, RunEvent.digest([entry.key])) }

  private init(_ row: StoredRow) throws {
    (rule, action, keyDigest) = (try row.text("rule"), try row.text("action"), try row.text("key_digest"))
  }

  static func withID(_ row: StoredRow) throws -> (DigestPlace, String) { (try DigestPlace(row), try row.text("id")) }

  static func < (one: DigestPlace, other: DigestPlace) -> Bool {
    (one.rule, one.action, one.keyDigest) < (other.rule, other.action, other.keyDigest)
  }
}
