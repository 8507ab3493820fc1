internal import Runs
package import Storage

extension PostgresStore {
  package func record(_ act: Act) async throws(StorageError) {
    try await write { try Self.record(act, $0) }
  }

  static func record(_ act: Act, _ database: PostgresConnection) throws {
    try database.execute(
      """
      WITH added AS (
        INSERT INTO vi_notify.acts (at, kind, way, name, note, subjects, detail)
        VALUES (\(act.at), \(act.kind.rawValue), \(act.agent.way.rawValue), \(act.agent.name), \(act.agent.note),
          \(act.count), \(act.detail))
        RETURNING sequence)
      INSERT INTO vi_notify.act_subjects (act, place, id)
      SELECT added.sequence, s.place - 1, s.id FROM added, unnest(\(act.subjects)) WITH ORDINALITY AS s (id, place)
      """)
  }

  package func acts(_ filter: ActFilter) async throws(StorageError) -> [Act] {
    let (any, ids) = (filter.ids == nil, (filter.ids ?? []).sorted())
    return try await read(whole: true) { database in
      try database.all(
        """
        SELECT * FROM vi_notify.acts
        WHERE \(any) OR sequence IN (SELECT act FROM vi_notify.act_subjects WHERE id = ANY (\(ids)))
        ORDER BY sequence DESC LIMIT \(filter.limit)
        """, of: "acts", by: "sequence"
      ) { row in
        let subjects = try database.texts(
          """
          SELECT id AS name FROM vi_notify.act_subjects
          WHERE act = \(try row.integer("sequence")) AND (\(any) OR id = ANY (\(ids)))
          ORDER BY place LIMIT \(Act.maxSubjects)
          """, of: "act_subjects")
        return try Act(row, subjects)
      }
    }
  }

  static func pruneActs(before: Timestamp, _ database: PostgresConnection) throws {
    try database.execute(
      "DELETE FROM vi_notify.act_subjects WHERE act IN (SELECT sequence FROM vi_notify.acts WHERE at < \(before))")
    try database.execute("DELETE FROM vi_notify.acts WHERE at < \(before)")
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
