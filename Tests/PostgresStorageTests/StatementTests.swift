import Testing

@testable import PostgresStorage

/// SQL with its values.
struct StatementTests {
  @Test func `values become parameters, also those of a part, in the order in which they stand`() {
    let part: Statement = "id = \("x'; --") AND n = \(7)"
    let statement: Statement = "SELECT \(true) WHERE \(part) OR \(part) AND bytes = \([UInt8]([1]) as [UInt8]?)"
    let (text, parameters) = statement.rendered
    #expect(text == "SELECT $1 WHERE id = $2 AND n = $3 OR id = $4 AND n = $5 AND bytes = $6")
    #expect(
      parameters == [
        .flag(true), .text("x'; --"), .integer(7), .text("x'; --"), .integer(7), .bytes([1]),
      ])
  }

  @Test(arguments: ["", "a", "\0", "\u{E000}", "a\0b\u{E000}0\u{E000}", "\u{E001}", "é\u{EFFF}😀"])
  func `every text comes back as it was, though the database knows no NUL`(text: String) {
    let encoded = PostgresText.encode(text)
    #expect(!encoded.utf8.contains(0))
    #expect(PostgresText.decode(encoded) == text)
  }

  @Test func `what nobody here has written is not guessed`() {
    #expect(PostgresText.decode("\u{E000}") == nil)
    #expect(PostgresText.decode("\u{E000}x") == nil)
  }
}

/// What the server makes of values.
@Suite(.needsPostgres) struct ParameterTests {
  private let database: TestDatabase
  private let store: PostgresStore

  init() throws {
    database = try TestDatabase()
    store = try database.watch(uptime: { .zero })
  }

  @Test(arguments: [[], [nil], ["", nil, "NULL", "a,b", #""{}""#, #"\"#, "a\0b", "é😀"]] as [[String?]])
  func `lists of texts arrive as they are`(texts: [String?]) async throws {
    let arrived = try await store.read { database in
      try database.all("SELECT name FROM unnest(\(texts)) AS name", of: "texts", by: "name") {
        try $0.optionalText("name")
      }
    }
    #expect(arrived == texts)
    store.close()
  }

  @Test(arguments: [[], [nil, .min, -1, 0, 1, 255, 256, .max, nil]] as [[Int64?]])
  func `lists of numbers arrive as they are`(numbers: [Int64?]) async throws {
    let arrived = try await store.read { database in
      try database.all("SELECT number FROM unnest(\(numbers)) AS number", of: "numbers", by: "number") {
        try $0.optionalInteger("number")
      }
    }
    #expect(arrived == numbers)
    store.close()
  }

  @Test func `lists of flags and values alone arrive as they are`() async throws {
    let (flags, bytes): ([Bool], [UInt8]) = ([true, false, false, true], [0, 1, 0, 255])
    let arrived = try await store.read { database in
      try database.all("SELECT flag FROM unnest(\(flags)) AS flag", of: "flags", by: "flag") { try $0.flag("flag") }
    }
    #expect(arrived == flags)
    let row = try await store.read { database in
      try database.first(
        """
        SELECT \(Int64.min) AS number, \("a\0b") AS text, \("") AS empty, \(bytes) AS bytes, \([UInt8]()) AS nothing,
          \(true) AS flag, \(nil as Int64?) AS none
        """, of: "row", by: "text"
      ) { row in
        (
          texts: [try row.text("text"), try row.text("empty")],
          bytes: [try row.bytes("bytes"), try row.bytes("nothing")],
          numbers: [try row.integer("number"), try row.optionalInteger("none")], flag: try row.flag("flag")
        )
      }
    }
    #expect(row?.texts == ["a\0b", ""])
    #expect(row?.bytes == [bytes, []])
    #expect(row?.numbers == [.min, nil])
    #expect(row?.flag == true)
    store.close()
  }
}
