/// The schema `vi_notify` as a row of migrations. One that has landed is never changed again.
///
/// It means what SQLite's means, column for column; what differs is that flags are booleans, texts are compared byte by byte
/// (`COLLATE "C"`), and keys of any length are found by their digest, for an index takes no more than 2,700 bytes.
enum Schema {
  private static let migrations: [(name: String, script: String)] = [("1 state", first)]

  static var names: Set<String> { Set(migrations.map(\.name)) }
  static var latest: String { migrations.last?.name ?? "" }

  static let isEarlier =
    "was written by an earlier version of vi-notify; start the watcher with this version first, which brings it up to date"
  static let isIncomplete = "has no row for the watcher's lease; put a copy in its place, or drop the schema vi_notify"

  /// Serialised by a lock that ends with the transaction. `7640` is any number that others won't take.
  static let begin = """
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '300s'; \
    SELECT pg_advisory_xact_lock(7640, hashtext('vi_notify'))
    """

  /// The names of what was done; nil: there is no state.
  static func applied(_ connection: PostgresConnection) throws -> Set<String>? {
    guard try connection.finds("SELECT 1 WHERE to_regclass('vi_notify.migrations') IS NOT NULL") else { return nil }
    return Set(try connection.texts("SELECT name FROM vi_notify.migrations", of: "migrations"))
  }

  /// Does what isn't done yet.
  static func bring(_ connection: PostgresConnection, from applied: Set<String>?) throws {
    if applied == nil {
      // Whoever may not make a schema may have been given one.
      if try !connection.finds("SELECT 1 WHERE to_regnamespace('vi_notify') IS NOT NULL") {
        try connection.script("CREATE SCHEMA vi_notify")
      }
      try connection.script(
        """
        CREATE TABLE vi_notify.migrations (
          name text COLLATE "C" PRIMARY KEY,
          applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """)
    }
    for migration in migrations where applied?.contains(migration.name) != true {
      try connection.script(migration.script)
      try connection.execute("INSERT INTO vi_notify.migrations (name) VALUES (\(migration.name))")
    }
  }
}
