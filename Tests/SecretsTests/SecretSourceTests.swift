import TestSupport
import Testing

@testable import Secrets

struct SecretSourceTests {
  private func resolve(_ text: String, _ environment: [String: String] = [:]) throws -> String {
    try SecretSource(environment: environment).resolve(ReferenceText(text)).revealed
  }

  private func failure(_ text: String, _ environment: [String: String] = [:]) throws -> SecretError? {
    let text = try ReferenceText(text)
    do throws(SecretError) {
      _ = try SecretSource(environment: environment).resolve(text)
      return nil
    } catch {
      return error
    }
  }

  @Test func `variables stand for their values, and defaults for missing and empty ones`() throws {
    #expect(try resolve("Bearer ${env:T}", ["T": "abc"]) == "Bearer abc")
    #expect(try resolve("${env:T:-other}", ["T": "abc"]) == "abc")
    #expect(try resolve("${env:T:-other}") == "other")
    #expect(try resolve("${env:T:-other}", ["T": ""]) == "other")
    #expect(try resolve("${env:A}${env:B}", ["A": "1", "B": "2"]) == "12")
  }

  @Test func `what was found is not looked into again`() throws {
    #expect(try resolve("${env:A}", ["A": "${env:B}", "B": "b"]) == "${env:B}")
    #expect(try resolve("$${env:A}", ["A": "a"]) == "${env:A}")
  }

  @Test func `a missing or empty variable is an error that names it`() throws {
    #expect(try failure("${env:T}") == .missingVariable("T"))
    #expect(try failure("${env:T}", ["T": ""]) == .missingVariable("T"))
    #expect(try failure("${env:T:-}") == .missingVariable("T"))
    #expect(try failure("x ${env:A} ${env:T}", ["A": "a"]) == .missingVariable("T"))
    #expect(SecretError.missingVariable("T").description == "the environment variable T is not set")
  }

  @Test(arguments: [
    ("abc", "abc"), ("abc\n", "abc"), ("abc\r\n", "abc"), ("abc\n\n", "abc\n"), (" a b \n", " a b "),
    ("\nabc", "\nabc"),
  ])
  func `one final newline of a file is trimmed and nothing else`(content: String, value: String) throws {
    let scratch = try ScratchDirectory()
    #expect(try resolve("${file:\(scratch.write(content.utf8, to: "key"))}") == value)
  }

  @Test func `a file that is missing, empty, too large or none is an error`() throws {
    let scratch = try ScratchDirectory()
    let missing = "\(scratch.path)/none"
    #expect(try failure("${file:\(missing)}") == .unreadableFile(missing, "No such file or directory"))
    for content in ["", "\n"] {
      let empty = try scratch.write(content.utf8, to: "empty")
      #expect(try failure("${file:\(empty)}") == .emptyFile(empty))
    }
    let large = try scratch.write(String(repeating: "x", count: SecretError.fileLimit + 1).utf8, to: "large")
    #expect(try failure("${file:\(large)}") == .unreadableFile(large, "it is larger than 64 KiB"))
    #expect(try failure("${file:\(scratch.path)}") == .unreadableFile(scratch.path, "Is a directory"))
  }

  @Test func `a credential is a file of the directory that systemd names`() throws {
    let scratch = try ScratchDirectory()
    _ = try scratch.write("s3cret\n".utf8, to: "hook")
    #expect(try resolve("${credential:hook}", ["CREDENTIALS_DIRECTORY": scratch.path]) == "s3cret")
    #expect(try failure("${credential:hook}") == .noCredentials("hook"))
    #expect(
      try failure("${credential:other}", ["CREDENTIALS_DIRECTORY": scratch.path])
        == .unreadableFile("\(scratch.path)/other", "No such file or directory"))
  }

  @Test func `what is secret of a value given out is struck out of what people see from then on`() throws {
    let source = SecretSource(environment: ["T": "token-value", "H": "api.example", "STAGE": "production"])
    #expect(source.redactor.redact("token-value") == "token-value")
    _ = try source.resolve(ReferenceText("Bearer ${env:T}"), as: .header(name: "Authorization"))
    _ = try source.resolve(ReferenceText("${env:D:-default-value}"), as: .header(name: "X-Hub"))
    #expect(source.redactor.redact("Bearer token-value, default-value") == "Bearer •••, •••")
    #expect(try source.resolvePlain(ReferenceText("https://${env:H}")) == "https://api.example")
    #expect(source.redactor.redact("api.example") == "api.example")
    _ = try source.resolve(ReferenceText("${env:STAGE}"), as: .variable(name: "STAGE"))
    #expect(source.redactor.redact("deployed to production") == "deployed to production")
  }

  @Test func `one final newline of a variable is trimmed, and nothing but a newline is nothing`() throws {
    let source = SecretSource(environment: ["A": "tok-1\n", "B": "tok-2\n\n", "C": "\n"])
    #expect(try source.resolve(ReferenceText("${env:A}")).revealed == "tok-1")
    #expect(try source.resolve(ReferenceText("${env:B}")).revealed == "tok-2\n")
    #expect(throws: SecretError.missingVariable("C")) { try source.resolve(ReferenceText("${env:C}")) }
  }
}
