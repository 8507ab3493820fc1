internal import JSONSource
package import Runs
package import Storage

extension PostgresStore {
  package func add(_ silence: Silence, by agent: Agent) async throws(StorageError) {
    try await write { database in
      try database.execute(
        """
        INSERT INTO vi_notify.silences (id, created_at, until, reason, rules, destinations, pattern, ended_at)
        VALUES (\(silence.id), \(silence.createdAt), \(silence.until), \(silence.reason), \(Self.json(silence.rules)),
          \(Self.json(silence.destinations)), \(silence.pattern), \(silence.endedAt))
        """)
      try Self.record(Act(at: silence.createdAt, .silence, by: agent, [silence.id], detail: silence.reason), database)
    }
  }

  package func silences() async throws(StorageError) -> [Silence] {
    try await read { database in
      try database.all("SELECT * FROM vi_notify.silences ORDER BY created_at, id", of: "silences", Silence.init)
    }
  }

  package func endSilence(id: String, by agent: Agent, at now: Timestamp) async throws(StorageError) -> Bool {
    try await write { database in
      let count = try database.execute(
        "UPDATE vi_notify.silences SET ended_at = \(now) WHERE id = \(id) AND ended_at IS NULL AND until > \(now)")
      guard count == 1 else { return false }
      try Self.record(Act(at: now, .endSilence, by: agent, [id]), database)
      return true
    }
  }

  package func restraints(at now: Timestamp) async throws(StorageError) -> RestraintState {
    try await read(whole: true) { database in
      RestraintState(
        silences: try database.all(
          "SELECT * FROM vi_notify.silences WHERE ended_at IS NULL AND until > \(now) ORDER BY created_at, id",
          of: "silences", Silence.init),
        windows: try database.all(
          "SELECT * FROM vi_notify.cooldowns ORDER BY rule, key", of: "cooldowns", by: "rule"
        ) { row in
          CooldownWindow(
            rule: try row.text("rule"), key: try row.text("key"), until: try row.time("until"),
            held: try row.count("held"))
        })
    }
  }

  package func heldBack(since: Timestamp) async throws(StorageError) -> [HeldBack] {
    try await read { database in
      try database.all(
        "SELECT * FROM vi_notify.held_back WHERE at >= \(since) ORDER BY sequence", of: "held_back", by: "sequence",
        HeldBack.init)
    }
  }

  static func heldBack(run: String, _ database: PostgresConnection) throws -> [HeldBack] {
    try database.all(
      "SELECT * FROM vi_notify.held_back WHERE run_id = \(run) ORDER BY sequence", of: "held_back", by: "sequence",
      HeldBack.init)
  }

  /// What events didn't cause, and what their rules remember of that.
  static func insertRestraints(of events: [NewEvent], at now: Timestamp, _ database: PostgresConnection) throws {
    for held in StatementRows.split(events.flatMap(\.held)) {
      try database.execute(
        """
        INSERT INTO vi_notify.held_back (event_id, run_id, rule, action, destination, reason, at)
        SELECT n.event_id, n.run_id, n.rule, n.action, n.destination, n.reason, n.at FROM unnest(
          \(held.map(\.eventID)), \(held.map(\.runID)), \(held.map(\.rule)), \(held.map(\.action)),
          \(held.map(\.destination)), \(held.map(\.reason)), \(held.map(\.at.milliseconds))
        ) WITH ORDINALITY AS n (event_id, run_id, rule, action, destination, reason, at, place) ORDER BY n.place
        """)
    }
    // A window that is over and has counted nothing is as good as none. Keys can be as many as runs, and all of them are read
    // with every event.
    let windows = events.flatMap(\.windows)
    if windows.isEmpty { return }
    try database.execute("DELETE FROM vi_notify.cooldowns WHERE held = 0 AND until <= \(now)")
    // The last says how it is.
    let last = Dictionary(windows.map { ([$0.rule, RunEvent.digest([$0.key])], $0) }) { _, last in last }
    for windows in StatementRows.split(Array(last)) {
      try database.execute(
        """
        INSERT INTO vi_notify.cooldowns (rule, key, key_digest, until, held)
        SELECT * FROM unnest(
          \(windows.map(\.value.rule)), \(windows.map(\.value.key)), \(windows.map { $0.key[1] }),
          \(windows.map(\.value.until.milliseconds)), \(windows.map { Int64($0.value.held) }))
        ON CONFLICT (rule, key_digest) DO UPDATE SET until = excluded.until, held = excluded.held
        """)
    }
  }

  /// What is long over is forgotten, with what it counted.
  static func pruneRestraints(before: Timestamp, _ database: PostgresConnection) throws {
    try database.execute("DELETE FROM vi_notify.held_back WHERE at < \(before)")
    try database.execute("DELETE FROM vi_notify.cooldowns WHERE until < \(before)")
    try database.execute("DELETE FROM vi_notify.silences WHERE coalesce(ended_at, until) < \(before)")
  }

  private static func json(_ names: Set<String>) -> String {
    var json = JSONWriter()
    json.array(names.sorted()) { $0.string($1) }
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

extension Silence {
  fileprivate init(_ row: StoredRow) throws {
    self.init(
      id: try row.text("id"), createdAt: try row.time("created_at"), until: try row.time("until"),
      reason: try row.text("reason"), rules: try row.names("rules"), destinations: try row.names("destinations"),
      pattern: try row.optionalBytes("pattern"), endedAt: try row.optionalTime("ended_at"))
  }
}

extension HeldBack {
  fileprivate init(_ row: StoredRow) throws {
    self.init(
      eventID: try row.text("event_id"), runID: try row.text("run_id"), rule: try row.text("rule"),
      action: try row.text("action"), destination: try row.text("destination"), reason: try row.text("reason"),
      at: try row.time("at"))
  }
}

extension StoredRow {
  fileprivate func names(_ column: String) throws -> Set<String> {
    let elements = try? JSONDocument(parsing: Array(text(column).utf8)).root.elements
    let names = elements?.map(\.string)
    return Set(try required(names.flatMap { $0.contains(nil) ? nil : $0.compactMap(\.self) }, column))
  }
}
