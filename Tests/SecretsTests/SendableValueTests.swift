import Testing

@testable import Secrets

@Suite struct SendableValueTests {
  private func source(_ value: String) -> SecretSource { SecretSource(environment: ["KEY": value]) }

  @Test(arguments: ["dtvi_0123456789\r", " dtvi_0123456789", "\tdtvi_0123456789\r\n\n", "dtvi_0123456789 \r"])
  func `white space around a value is left out, and told`(value: String) throws {
    let source = source(value)
    let fit = try source.sendable(ReferenceText(environment: "KEY"), as: .credential)
    #expect(fit.value.revealed == "dtvi_0123456789")
    #expect(fit.warnings == ["the environment variable KEY has white space around its value, which is trimmed"])
    #expect(!source.redactor.redact("key=dtvi_0123456789.").contains("0123"))
  }

  @Test func `a final newline is nobody's fault`() throws {
    #expect(try source("dtvi_0123456789\n").sendable(ReferenceText(environment: "KEY"), as: .credential).warnings == [])
  }

  @Test(arguments: [
    ("ab\rcdefghijkl", "has a carriage return at character 3"), (" a\ncdefghijkl", "has a line feed at character 3"),
    ("a b", "has a space at character 2"), ("a\u{0}b", "has a null character at character 2"),
    ("\u{FEFF}ab", "has a byte order mark at character 1"), ("a\u{A0}", "has a no-break space at character 2"),
    ("a\u{1B}b", "has a control character at character 2"), ("aé", "has a character that is not ASCII at character 2"),
    (" \r ", "contains only white space"),
  ])
  func `what can't be sent is told by its place, and not shown`(value: String, problem: String) {
    #expect(throws: SecretError.unsendable("the environment variable KEY", problem)) {
      _ = try source(value).sendable(ReferenceText(environment: "KEY"), as: .credential)
    }
  }

  @Test func `of a header only what would break its line is wrong`() throws {
    let text = try ReferenceText("Bearer ${env:KEY}")
    #expect(source("a b é").problem(sending: text, as: .header(name: "Authorization")) == nil)
    #expect(
      source("abc\r").problem(sending: text, as: .header(name: "Authorization"))
        == "the environment variable KEY has a carriage return at character 4")
  }
}
