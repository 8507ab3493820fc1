internal import GRDB
package import Storage

/// The names that a state knows.
extension SQLiteStore {
  package func note(_ names: KnownNames) async throws(StorageError) {
    try await write { database in
      try database.execute(sql: "DELETE FROM known_names")
      let insert = try database.cachedStatement(sql: "INSERT INTO known_names (kind, name, type) VALUES (?, ?, ?)")
      for (name, type) in names.destinations { try insert.execute(arguments: ["destination", name, type]) }
      for rule in names.rules { try insert.execute(arguments: ["rule", rule, nil]) }
    }
  }

  package func knownNames() async throws(StorageError) -> KnownNames? {
    try await read { database in
      let rows = try Row.fetchAll(database, sql: "SELECT kind, name, type FROM known_names")
      guard !rows.isEmpty else { return nil }
      let (rules, destinations) = (rows.filter { $0["type"] == nil }, rows.filter { $0["type"] != nil })
      return KnownNames(
        destinations: Dictionary(destinations.map { ($0["name"] as String, $0["type"] as String) }) { first, _ in first
        },
        rules: Set(rules.map { $0["name"] as String }))
    }
  }

  package func namesInUse() async throws(StorageError) -> (rules: Set<String>, destinations: Set<String>) {
    try await read { database in
      func names(_ column: String) throws -> Set<String> {
        try String.fetchSet(database, sql: "SELECT \(column) FROM deliveries UNION SELECT \(column) FROM digests")
      }
      return (try names("rule"), try names("destination"))
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
}
