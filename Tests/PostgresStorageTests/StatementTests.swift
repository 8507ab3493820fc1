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

  @Test func `lists are written so that nothing in them ends an element`() {
    let list = Parameter.texts(["a,b", "\"{}\"", "\\", "", "NULL"])
    #expect(list.encoded.map { String(decoding: $0, as: UTF8.self) } == #"{"a,b","\"{}\"","\\","","NULL"}"#)
    #expect(Parameter.integers([]).encoded.map { String(decoding: $0, as: UTF8.self) } == "{}")
  }
}
