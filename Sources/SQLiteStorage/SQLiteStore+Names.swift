internal import GRDB
package import Storage

private enum KnownKind: String {
  case destination, rule
}

/// The names that a state knows.
extension SQLiteStore {
  package func note(_ names: KnownNames) async throws(StorageError) {
    try await write { database in
      try database.execute(sql: "DELETE FROM known_names")
      let insert = try database.cachedStatement(
        sql: "INSERT INTO known_names (kind, name, type, pace) VALUES (?, ?, ?, ?)")
      for (name, type) in names.destinations {
        try insert.execute(arguments: ["destination", name, type, names.paces[name]])
      }
      for rule in names.rules { try insert.execute(arguments: ["rule", rule, nil, nil]) }
    }
  }

  package func knownNames() async throws(StorageError) -> KnownNames? {
    try await read { database in
      let known = try database.all("SELECT kind, name, type, pace FROM known_names", of: "known_names", by: "name") {
        row in
        let kind = try row.word("kind", KnownKind.self)
        return (
          name: try row.text("name"), type: kind == .destination ? try row.text("type") : nil,
          pace: try row.optionalText("pace")
        )
      }
      guard !known.isEmpty else { return nil }
      let destinations = known.compactMap { entry in entry.type.map { (entry.name, $0) } }
      return KnownNames(
        destinations: Dictionary(destinations) { first, _ in first },
        rules: Set(known.filter { $0.type == nil }.map(\.name)),
        paces: Dictionary(known.compactMap { entry in entry.pace.map { (entry.name, $0) } }) { first, _ in first })
    }
  }

  package func namesInUse() async throws(StorageError) -> (rules: Set<String>, destinations: Set<String>) {
    try await read { database in
      func names(_ sql: String) throws -> Set<String> { Set(try database.texts(sql, of: "deliveries")) }
      return (
        rules: try names("SELECT rule AS name FROM deliveries UNION SELECT rule FROM digests"),
        destinations: try names(
          "SELECT destination AS name FROM deliveries WHERE lane IS NULL UNION SELECT destination FROM digests")
      )
    }
  }

  package func knows(run: String) async throws(StorageError) -> Bool {
    try await read { database in
      try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM runs WHERE id = :run) OR EXISTS (SELECT 1 FROM events WHERE run_id = :run)
            OR EXISTS (SELECT 1 FROM deliveries WHERE run_id = :run)
          """, arguments: ["run": run]) ?? false
    }
  }

  package func ids(
    _ kind: IdentifierKind, beginning prefix: String, limit: Int
  ) async throws(StorageError) -> [String] {
    let condition = "id >= :prefix AND substr(id, 1, length(:prefix)) = :prefix"
    let (sql, table) =
      switch kind {
      case .delivery: ("SELECT id AS name FROM deliveries WHERE \(condition)", "deliveries")
      case .run:
        (
          """
          SELECT id AS name FROM runs WHERE \(condition)
          UNION SELECT run_id FROM events WHERE \(condition.replacing("id", with: "run_id")) AND run_id != ''
          """, "runs"
        )
      }
    return try await read { database in
      try database.texts("\(sql) ORDER BY name LIMIT :limit", ["prefix": prefix, "limit": limit], of: table)
    }
  }
}
