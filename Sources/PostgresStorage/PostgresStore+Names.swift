package import Storage

private enum KnownKind: String {
  case destination, rule
}

/// The names that a state knows.
extension PostgresStore {
  package func note(_ names: KnownNames) async throws(StorageError) {
    try await write { database in
      try database.execute("DELETE FROM vi_notify.known_names")
      for (name, type) in names.destinations {
        try database.execute(
          """
          INSERT INTO vi_notify.known_names (kind, name, type, pace)
          VALUES ('destination', \(name), \(type), \(names.paces[name]))
          """)
      }
      for rule in names.rules {
        try database.execute("INSERT INTO vi_notify.known_names (kind, name) VALUES ('rule', \(rule))")
      }
    }
  }

  package func knownNames() async throws(StorageError) -> KnownNames? {
    try await read { database in
      let known = try database.all(
        "SELECT kind, name, type, pace FROM vi_notify.known_names", of: "known_names", by: "name"
      ) { row in
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
    try await read(whole: true) { database in
      func names(_ statement: Statement) throws -> Set<String> { Set(try database.texts(statement, of: "deliveries")) }
      return (
        rules: try names("SELECT rule AS name FROM vi_notify.deliveries UNION SELECT rule FROM vi_notify.digests"),
        destinations: try names(
          """
          SELECT destination AS name FROM vi_notify.deliveries WHERE lane IS NULL
          UNION SELECT destination FROM vi_notify.digests
          """)
      )
    }
  }

  package func knows(run: String) async throws(StorageError) -> Bool {
    try await read { database in
      try database.finds(
        """
        SELECT 1 WHERE EXISTS (SELECT 1 FROM vi_notify.runs WHERE id = \(run))
          OR EXISTS (SELECT 1 FROM vi_notify.events WHERE run_id = \(run))
          OR EXISTS (SELECT 1 FROM vi_notify.deliveries WHERE run_id = \(run))
        """)
    }
  }

  package func ids(
    _ kind: IdentifierKind, beginning prefix: String, limit: Int
  ) async throws(StorageError) -> [String] {
    try await read { database in
      switch kind {
      case .delivery:
        try database.texts(
          """
          SELECT id AS name FROM vi_notify.deliveries WHERE id >= \(prefix) AND starts_with(id, \(prefix))
          ORDER BY name LIMIT \(limit)
          """, of: "deliveries")
      case .run:
        try database.texts(
          """
          SELECT id AS name FROM vi_notify.runs WHERE id >= \(prefix) AND starts_with(id, \(prefix))
          UNION SELECT run_id FROM vi_notify.events
            WHERE run_id >= \(prefix) AND starts_with(run_id, \(prefix)) AND run_id != ''
          ORDER BY name LIMIT \(limit)
          """, of: "runs")
      }
    }
  }
}
