import Storage
import TestSupport
import Testing

@testable import PostgresStorage

/// Copying from and to a database.
@Suite(.needsPostgres, .timeLimit(.minutes(6))) struct CopyTests {
  @Test func `every column of the schema is copied or left out on purpose`() throws {
    let database = try TestDatabase()
    try database.watch().close()
    let there = try database.psql(
      "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'vi_notify'"
    ).split(separator: "\n").map(String.init)
    let copied = StateTable.all.flatMap { table in table.columns.map { "\(table.name).\($0.name)" } }
    #expect(Set(copied).isSubset(of: there))
    for column in Set(there).subtracting(copied) {
      let table = column.prefix { $0 != "." }
      #expect(
        PostgresStore.leftOut.contains(column) || PostgresStore.leftOut.contains(String(table)),
        "\(column) is new: it goes into StateTable, or into PostgresStore.leftOut")
    }
  }

  @Test func `what is made after a copy comes behind what was copied`() async throws {
    let (old, new) = (try TestDatabase(), try TestDatabase())
    let first = try old.watch()
    for run in 1...5 { _ = try await first.commit(.of(run: "r\(run)", "m\(run)")) }
    first.close()
    let (source, target) = (try PostgresStore.open(old.uri, for: .copying) { _ in }, try new.watch())
    defer { target.close() }
    let tables = try #require(target as? any StateTables)
    _ = try await StateCopy.run(from: source, to: tables)
    source.close()
    _ = try await target.commit(.of(run: "r6", "m6"))
    for table in ["events", "deliveries"] {
      #expect(
        try new.psql("SELECT string_agg(sequence::text, ' ' ORDER BY id) FROM vi_notify.\(table) WHERE sequence > 5")
          == "6\n")
    }
  }

  @Test func `what doesn't come back as it was written is not committed`() async throws {
    let (old, new) = (try TestDatabase(), try TestDatabase())
    let first = try old.watch()
    _ = try await first.commit(.of(run: "r", "m"))
    first.close()
    try new.watch().close()
    try new.psql(
      """
      CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.rule := 'other'; RETURN NEW; END$$;
      CREATE TRIGGER change BEFORE INSERT ON vi_notify.deliveries FOR EACH ROW EXECUTE FUNCTION change()
      """)
    let (source, target) = (try PostgresStore.open(old.uri, for: .copying) { _ in }, try new.watch())
    defer { source.close() }
    defer { target.close() }
    let tables = try #require(target as? any StateTables)
    let error = await storageError { _ = try await StateCopy.run(from: source, to: tables) }
    #expect(error == .failed(state: target.name, why: "deliveries doesn't hold what was written there"))
    #expect(try await target.knows(run: "r") == false)
  }

  @Test func `a process that slept while another took over copies nothing`() async throws {
    let (old, new) = (try TestDatabase(), try TestDatabase())
    let first = try old.watch()
    _ = try await first.commit(.of(run: "r", "m"))
    first.close()
    let (source, target) = (try PostgresStore.open(old.uri, for: .copying) { _ in }, try new.watch())
    defer { source.close() }
    defer { target.close() }
    let tables = try #require(target as? any StateTables)
    let other = try new.takeOver()
    defer { other.close() }
    let error = await storageError { _ = try await StateCopy.run(from: source, to: tables) }
    if case .lost = error {} else { Issue.record("\(String(describing: error))") }
    #expect(try await other.knows(run: "r") == false)
  }
}
