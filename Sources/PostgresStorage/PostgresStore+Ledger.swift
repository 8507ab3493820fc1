internal import Runs
package import Storage

extension PostgresStore {
  package func ledger(organization: String) async throws(StorageError) -> Ledger {
    try await read(whole: true) { database in
      var ledger = Ledger()
      ledger.hasBaseline = try database.finds("SELECT 1 FROM vi_notify.organizations WHERE id = \(organization)")
      ledger.unreachableSince = try database.moment(
        "SELECT unreachable_since AS moment FROM vi_notify.sources WHERE organization = \(organization)", of: "sources")
      let runs = try database.all(
        "SELECT id, phase, since, is_baseline, gone_at FROM vi_notify.runs WHERE organization = \(organization)",
        of: "runs"
      ) { (try $0.text("id"), try Ledger.Entry($0)) }
      ledger.runs = Dictionary(runs) { first, _ in first }
      return ledger
    }
  }

  package func commit(_ sweep: SweepCommit) async throws(StorageError) -> (events: Int, deliveries: Int) {
    let counts = try await write { database in
      try Self.put(sweep.changed, sweep, database)
      let new = try Self.insert(sweep.events, seenAt: sweep.time, rules: sweep.rules, database)
      let deliveries = try Self.insertDeliveries(of: new, sweep.time, database)
      try Self.insertRestraints(of: new, at: sweep.time, database)
      if sweep.setsBaseline {
        try database.execute(
          """
          INSERT INTO vi_notify.organizations (id, baseline_at) VALUES (\(sweep.organization), \(sweep.time))
          ON CONFLICT (id) DO NOTHING
          """)
      }
      if let change = sweep.source { try Self.put(change, sweep.organization, database) }
      return (events: new.count, deliveries: deliveries)
    }
    if sweep.events.contains(where: { !$0.digests.isEmpty }) { board.post(.digest) }
    if counts.deliveries > 0 { channel?.tell() }
    return counts
  }

  private static func put(_ change: SourceChange, _ organization: String, _ database: PostgresConnection) throws {
    switch change {
    case .unreachable(let since):
      try database.execute(
        """
        INSERT INTO vi_notify.sources (organization, unreachable_since) VALUES (\(organization), \(since))
        ON CONFLICT (organization) DO UPDATE SET unreachable_since = excluded.unreachable_since
        """)
    case .recovered:
      try database.execute("DELETE FROM vi_notify.sources WHERE organization = \(organization)")
    }
  }

  private static func put(
    _ changed: [String: Ledger.Entry], _ sweep: SweepCommit, _ database: PostgresConnection
  ) throws {
    for entries in StatementRows.split(Array(changed)) {
      try database.execute(
        """
        INSERT INTO vi_notify.runs (organization, id, phase, since, is_baseline, gone_at, changed_at)
        SELECT \(sweep.organization), n.*, \(sweep.time) FROM unnest(
          \(entries.map(\.key)), \(entries.map(\.value.phase.rawValue)), \(entries.map(\.value.since.milliseconds)),
          \(entries.map(\.value.isBaseline)), \(entries.map { $0.value.isGone ? sweep.time.milliseconds : nil })) AS n
        ON CONFLICT (organization, id) DO UPDATE SET phase = excluded.phase, since = excluded.since,
          is_baseline = excluded.is_baseline, gone_at = excluded.gone_at, changed_at = excluded.changed_at
        """)
    }
  }

  /// Returns those that weren't known.
  static func insert(
    _ events: [NewEvent], seenAt: Timestamp, rules: String?, _ database: PostgresConnection
  ) throws -> [NewEvent] {
    var added: Set<String> = []
    for group in StatementRows.split(events, bytes: { $0.event.body.count }) {
      let events = group.map(\.event)
      added.formUnion(
        try database.texts(
          """
          INSERT INTO vi_notify.events (id, run_id, phase, stayed, time, body, seen_at, rules)
          SELECT n.id, n.run_id, n.phase, n.stayed, n.time, n.body, \(seenAt), \(rules) FROM unnest(
            \(events.map(\.id)), \(events.map(\.runID)), \(events.map(\.eventKind.word)),
            \(events.map { $0.eventKind.stay?.milliseconds }), \(events.map(\.time.milliseconds)), \(events.map(\.body))
          ) WITH ORDINALITY AS n (id, run_id, phase, stayed, time, body, place) ORDER BY n.place
          ON CONFLICT (id) DO NOTHING
          RETURNING id AS name
          """, of: "events"))
    }
    return events.filter { added.remove($0.event.id) != nil }
  }
}
