import TestSupport
import Testing

@testable import PostgresStorage

/// Statements that go to the server together, and those that it keeps.
@Suite(.needsPostgres, .timeLimit(.minutes(2))) struct ConnectionTests {
  private let connection: PostgresConnection
  private let database: TestDatabase

  init() throws {
    database = try TestDatabase()
    connection = try database.connection()
    try connection.script("CREATE TABLE numbers (number bigint)")
  }

  private func insertion(_ number: Int) -> Statement { "INSERT INTO numbers VALUES (\(number))" }

  private func quotient(_ number: Int) -> Statement { "SELECT 6 / \(number) AS count" }

  private var count: Int {
    get throws { try connection.number("SELECT count(*) AS count FROM numbers", of: "numbers") }
  }

  private func code(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      if case PostgresFault.refused(let state, _) = error { return state }
      return "\(error)"
    }
  }

  @Test func `statements that go together are answered in their order, and see those before them`() throws {
    let total: Statement = "SELECT sum(number)::bigint AS count FROM numbers"
    let answers = try connection.run([insertion(3), total, insertion(4), total])
    #expect(answers.map(\.changed) == [1, 1, 1, 1])
    let totals = try [answers[1], answers[3]].map { try $0.rows(of: "numbers") { try $0.count("count") } }
    #expect(totals == [[3], [7]])
    #expect(try connection.run([]).isEmpty)
  }

  @Test func `after one that is refused none is carried out, and the connection goes on`() throws {
    #expect(code { _ = try connection.run([insertion(1), quotient(0), insertion(2)]) } == "22012")
    #expect(connection.isOpen)
    #expect(try count == 0)
    _ = try connection.run([insertion(5)])
    #expect(try count == 1)
  }

  private struct Missing: Error {}

  private func beginChecked(_ question: Statement) {
    connection.begin(["BEGIN", question]) { if $0[1].count == 0 { throw Missing() } }
  }

  @Test func `what a transaction begins with goes with its first call, and is checked first`() throws {
    beginChecked("SELECT 1")
    _ = try connection.run(insertion(1))
    try connection.script("ROLLBACK")
    #expect(try count == 0)
    beginChecked("SELECT 1 WHERE false")
    #expect(throws: Missing.self) { try connection.run(insertion(1)) }
    try connection.undo()
    beginChecked("SELECT 1 WHERE false")
    #expect(throws: Missing.self) { try connection.run(quotient(0)) }
    try connection.undo()
    beginChecked("SELECT 1 WHERE false")
    #expect(throws: Missing.self) { try connection.script("COMMIT") }
    try connection.undo()
    #expect(try count == 0)
  }

  @Test func `a transaction that has asked for nothing is undone without the server`() throws {
    beginChecked("SELECT 1 WHERE false")
    try connection.undo()
    // Otherwise this would be the call that it goes with.
    #expect(try count == 0)
  }

  private var keptCount: Int {
    get throws { try connection.number("SELECT count(*) AS count FROM pg_prepared_statements", of: "kept") }
  }

  @Test(arguments: [true, false])
  func `the server reads a statement once where it may keep it`(keeps: Bool) throws {
    if keeps { try connection.keepStatements() }
    for number in [1, 2, 3, 6] {
      #expect(try connection.number(quotient(number).kept, of: "numbers") == 6 / number)
    }
    let together = try connection.run([quotient(2).kept, quotient(3).kept, insertion(1).kept])
    #expect(try together[..<2].map { try $0.rows(of: "numbers") { try $0.count("count") } } == [[3], [2]])
    #expect(together[2].changed == 1)
    #expect(try keptCount == (keeps ? 2 : 0))
  }

  @Test func `a refusal leaves nobody in doubt of what is kept`() throws {
    try connection.keepStatements()
    // Read, and then refused.
    #expect(code { _ = try connection.run(quotient(0).kept) } == "22012")
    #expect(try connection.number(quotient(2).kept, of: "numbers") == 3)
    // Refused before it was read.
    #expect(code { _ = try connection.run([quotient(0), insertion(1).kept]) } == "22012")
    #expect(try connection.run(insertion(1).kept).changed == 1)
    #expect(try count == 1)
  }

  @Test func `a pooler that shows itself only later is not relied on any more`() throws {
    try connection.keepStatements()
    _ = try connection.run(insertion(1).kept)
    // Another's session.
    try connection.script("DEALLOCATE ALL")
    #expect(code { _ = try connection.run(insertion(1).kept) } == "26000")
    #expect(!connection.keepsStatements)
    #expect(try connection.run(insertion(1).kept).changed == 1)
    #expect(PostgresFault.refused(state: "26000", message: "").remedy == .again)
  }

  @Test(.enabled(if: PgBouncer.isThere)) func `nothing is kept where a pooler stands in between`() throws {
    func keeps(_ uri: String) throws -> Bool {
      try Link(PostgresTarget(uri), writes: true, patience: Patience { _ in }).insist { $0.keepsStatements }
    }
    #expect(try keeps(database.uri))
    let pooler = try PgBouncer(database.server, connections: 1)
    #expect(try !keeps(pooler.uri(database.name)))
  }
}
