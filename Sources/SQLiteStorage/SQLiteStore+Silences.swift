internal import GRDB
internal import JSONSource
package import Runs
package import Storage

extension SQLiteStore {
  package func add(_ silence: Silence, by agent: Agent) async throws(StorageError) {
    try await write { database in
      try database.execute(
        sql: """
          INSERT INTO silences (id, created_at, until, reason, rules, destinations, pattern, ended_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          silence.id, silence.createdAt.milliseconds, silence.until.milliseconds, silence.reason,
          Self.json(silence.rules), Self.json(silence.destinations), silence.pattern?.blob,
          silence.endedAt?.milliseconds,
        ])
      try Self.record(
        Act(at: silence.createdAt, .silence, by: agent, [silence.id], detail: silence.reason), database)
    }
  }

  package func silences() async throws(StorageError) -> [Silence] {
    try await read { database in
      try database.all("SELECT * FROM silences ORDER BY created_at, id", of: "silences", Silence.init)
    }
  }

  package func endSilence(id: String, by agent: Agent, at now: Timestamp) async throws(StorageError) -> Bool {
    try await write { database in
      try database.execute(
        sql: "UPDATE silences SET ended_at = :now WHERE id = :id AND ended_at IS NULL AND until > :now",
        arguments: ["id": id, "now": now.milliseconds])
      guard database.changesCount == 1 else { return false }
      try Self.record(Act(at: now, .endSilence, by: agent, [id]), database)
      return true
    }
  }

  package func restraints(at now: Timestamp) async throws(StorageError) -> RestraintState {
    try await read { database in
      RestraintState(
        silences: try database.all(
          "SELECT * FROM silences WHERE ended_at IS NULL AND until > ? ORDER BY created_at, id", [now.milliseconds],
          of: "silences", Silence.init),
        windows: try database.all("SELECT * FROM cooldowns ORDER BY rule, key", of: "cooldowns", by: "rule") { row in
          CooldownWindow(
            rule: try row.text("rule"), key: try row.text("key"), until: try row.time("until"),
            held: try row.count("held"))
        })
    }
  }

  package func heldBack(since: Timestamp) async throws(StorageError) -> [HeldBack] {
    try await read { database in
      try database.all(
        "SELECT * FROM held_back WHERE at >= ? ORDER BY sequence", [since.milliseconds], of: "held_back",
        by: "sequence", HeldBack.init)
    }
  }

  static func heldBack(run: String, _ database: Database) throws -> [HeldBack] {
    try database.all(
      "SELECT * FROM held_back WHERE run_id = ? ORDER BY sequence", [run], of: "held_back", by: "sequence",
      HeldBack.init)
  }

  /// What an event didn't cause, and what its rules remember of that.
  static func insertRestraints(of new: NewEvent, at now: Timestamp, _ database: Database) throws {
    for held in new.held {
      try database.cachedStatement(
        sql: """
          INSERT INTO held_back (event_id, run_id, rule, action, destination, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        held.eventID, held.runID, held.rule, held.action, held.destination, held.reason, held.at.milliseconds,
      ])
    }
    // A window that is over and has counted nothing is as good as none. Keys can be as many as runs, and all of them are read
    // with every event.
    if !new.windows.isEmpty {
      try database.cachedStatement(sql: "DELETE FROM cooldowns WHERE held = 0 AND until <= ?").execute(
        arguments: [now.milliseconds])
    }
    for window in new.windows {
      try database.cachedStatement(
        sql: """
          INSERT INTO cooldowns (rule, key, until, held) VALUES (?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET until = excluded.until, held = excluded.held
          """
      ).execute(arguments: [window.rule, window.key, window.until.milliseconds, window.held])
    }
  }

  /// What is long over is forgotten, with what it counted.
  static func pruneRestraints(before: Timestamp, _ database: Database) throws {
    for sql in [
      "DELETE FROM held_back WHERE at < ?", "DELETE FROM cooldowns WHERE until < ?",
      "DELETE FROM silences WHERE coalesce(ended_at, until) < ?",
    ] {
      try database.execute(sql: sql, arguments: [before.milliseconds])
    }
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
    let elements = try JSONDocument(parsing: Array(text(column).utf8)).root.elements
    let names = elements?.map(\.string)
    return Set(try required(names.flatMap { $0.contains(nil) ? nil : $0.compactMap(\.self) }, column))
  }
}
