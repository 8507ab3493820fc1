/// The schema `vi_notify` as a row of migrations. One that has landed is never changed again.
///
/// It means what SQLite's means, column for column; what differs is that flags are booleans, texts are compared byte by byte
/// (`COLLATE "C"`), and keys of any length are found by their digest, for an index takes no more than 2,700 bytes.
///
/// Several processes share a state, and are brought to a new version one after the other. So a migration first only adds, what the version
/// before can leave alone (``Migration/isBreaking`` false): it is made while others work, and these go on. What they still need is taken away
/// by a later version, whose migration waits until none of them works, and keeps them from coming back.
enum Schema {
  struct Migration {
    let name: String
    /// The version before can't work with what this leaves.
    let isBreaking: Bool
    let script: String
  }

  static let migrations = [
    Migration(name: "1 state", isBreaking: true, script: first),
    Migration(name: "2 trusted parts", isBreaking: false, script: trustedParts),
  ]

  /// What is a delivery's alone comes and goes in the transaction that finds, and keeps, the delivery's row (``PostgresStore/ends(_:at:)``,
  /// ``PostgresStore/prune(before:limit:)``). To have the server look that row up once more for each attempt was a quarter of what the end of
  /// a delivery cost it.
  private static let trustedParts = """
    ALTER TABLE vi_notify.attempts DROP CONSTRAINT attempts_delivery_fkey;
    ALTER TABLE vi_notify.contents DROP CONSTRAINT contents_delivery_fkey;
    ALTER TABLE vi_notify.continuations DROP CONSTRAINT continuations_delivery_fkey;
    """

  static var names: Set<String> { Set(migrations.map(\.name)) }

  static let isEarlier =
    "was written by an earlier version of vi-notify; start the watcher with this version first, which brings it up to date"

  /// Serialised by a lock that ends with the transaction. `7640` is any number that others won't take.
  static let begin = """
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '300s'; \
    SELECT pg_advisory_xact_lock(7640, hashtext('vi_notify'))
    """

  /// What was done to a state.
  struct Applied {
    let names: Set<String>
    /// A later version has done what this one can't work with.
    let isNewer: Bool

    /// What this version adds.
    var missing: [Migration] { migrations.filter { !names.contains($0.name) } }
  }

  /// Nil: there is no state.
  static func applied(_ connection: PostgresConnection) throws -> Applied? {
    guard try connection.finds("SELECT 1 WHERE to_regclass('vi_notify.migrations') IS NOT NULL") else { return nil }
    let rows = try connection.all(
      "SELECT name, is_breaking FROM vi_notify.migrations", of: "migrations", by: "name"
    ) { (name: try $0.text("name"), isBreaking: try $0.flag("is_breaking")) }
    return Applied(
      names: Set(rows.map(\.name)), isNewer: rows.contains { $0.isBreaking && !names.contains($0.name) })
  }

  /// Does what isn't done yet.
  static func bring(_ connection: PostgresConnection, from applied: Applied?) throws {
    if applied == nil {
      // Whoever may not make a schema may have been given one.
      if try !connection.finds("SELECT 1 WHERE to_regnamespace('vi_notify') IS NOT NULL") {
        try connection.script("CREATE SCHEMA vi_notify")
      }
      try connection.script(
        """
        CREATE TABLE vi_notify.migrations (
          name text COLLATE "C" PRIMARY KEY,
          is_breaking boolean NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """)
    }
    for migration in applied?.missing ?? migrations {
      try connection.script(migration.script)
      try connection.execute(
        "INSERT INTO vi_notify.migrations (name, is_breaking) VALUES (\(migration.name), \(migration.isBreaking))")
    }
  }
}
