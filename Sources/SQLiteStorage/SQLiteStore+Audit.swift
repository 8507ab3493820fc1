internal import GRDB
internal import JSONSource
internal import Runs
package import Storage

extension SQLiteStore {
  package func record(_ act: Act) async throws(StorageError) {
    try await write { try Self.record(act, $0) }
  }

  static func record(_ act: Act, _ database: Database) throws {
    try database.cachedStatement(
      sql: "INSERT INTO acts (at, kind, way, name, note, subjects, detail) VALUES (?, ?, ?, ?, ?, ?, ?)"
    ).execute(arguments: [
      act.at.milliseconds, act.kind.rawValue, act.agent.way.rawValue, act.agent.name, act.agent.note, act.count,
      act.detail,
    ])
    let sequence = database.lastInsertedRowID
    let insert = try database.cachedStatement(sql: "INSERT INTO act_subjects (act, place, id) VALUES (?, ?, ?)")
    for (place, id) in act.subjects.enumerated() { try insert.execute(arguments: [sequence, place, id]) }
  }

  package func acts(_ filter: ActFilter) async throws(StorageError) -> [Act] {
    var json = JSONWriter()
    json.array((filter.ids ?? []).sorted()) { $0.string($1) }
    let ids = filter.ids == nil ? nil : String(decoding: json.bytes, as: UTF8.self)
    return try await read { database in
      try database.all(
        """
        SELECT * FROM acts
        WHERE :ids IS NULL OR sequence IN (
          SELECT act FROM act_subjects WHERE id IN (SELECT value FROM json_each(:ids)))
        ORDER BY sequence DESC LIMIT :limit
        """, ["ids": ids, "limit": filter.limit], of: "acts", by: "sequence"
      ) { row in
        let subjects = try database.texts(
          """
          SELECT id AS name FROM act_subjects
          WHERE act = :act AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
          ORDER BY place LIMIT :limit
          """, ["act": try row.integer("sequence"), "ids": ids, "limit": Act.maxSubjects], of: "act_subjects")
        return try Act(row, subjects)
      }
    }
  }

  static func pruneActs(before: Timestamp, _ database: Database) throws {
    for sql in [
      "DELETE FROM act_subjects WHERE act IN (SELECT sequence FROM acts WHERE at < ?)",
      "DELETE FROM acts WHERE at < ?",
    ] {
      try database.execute(sql: sql, arguments: [before.milliseconds])
    }
  }
}

extension Act {
  fileprivate init(_ row: StoredRow, _ subjects: [String]) throws {
    let way = try row.required(Agent.Way(rawValue: row.text("way")), "way")
    self.init(
      at: try row.time("at"), try row.required(Kind(rawValue: row.text("kind")), "kind"),
      by: Agent(way, name: try row.text("name"), note: try row.text("note")), subjects,
      count: try row.count("subjects"), detail: try row.text("detail"))
  }
}
