import Testing

@testable import Secrets

struct ReferenceTextTests {
  @Test(
    arguments: [
      ("", []), ("plain $ { } text", [.literal("plain $ { } text")]),
      ("${env:TOKEN}", [.environment(name: "TOKEN", fallback: nil)]),
      ("Bearer ${env:TOKEN}!", [.literal("Bearer "), .environment(name: "TOKEN", fallback: nil), .literal("!")]),
      ("${env:A:-b:-c}", [.environment(name: "A", fallback: "b:-c")]),
      ("${env:A:-https://x/y}", [.environment(name: "A", fallback: "https://x/y")]),
      ("${env:A:-}", [.environment(name: "A", fallback: "")]),
      ("${file:/run/a b}", [.file(path: "/run/a b")]), ("${credential:hook}", [.credential(name: "hook")]),
      ("${env:A}${env:B}", [.environment(name: "A", fallback: nil), .environment(name: "B", fallback: nil)]),
      ("$${env:A}", [.literal("${"), .literal("env:A}")]),
      ("a$$${b", [.literal("a$${"), .literal("b")]),
    ] as [(String, [ReferenceText.Part])])
  func `a text is read into its parts`(text: String, parts: [ReferenceText.Part]) throws {
    let read = try ReferenceText(text)
    #expect(read.parts == parts)
    #expect(read.source == text)
    #expect(read.hasReferences == parts.contains { if case .literal = $0 { false } else { true } })
  }

  @Test(arguments: [
    ("${", "\"${\" is never closed"), ("x ${env:A", "\"${\" is never closed"), ("${}", "\"${}\" isn't a reference"),
    ("${TOKEN}", "\"${TOKEN}\" isn't a reference"), ("${vault:a}", "\"${vault:a}\" isn't a reference"),
    ("${Env:A}", "\"${Env:A}\" isn't a reference"), ("${env}", "\"${env:}\" doesn't name an environment variable"),
    ("${env:}", "\"${env:}\" doesn't name an environment variable"),
    ("${env: A}", "\"${env: A}\" doesn't name an environment variable"),
    ("${env:A=B}", "\"${env:A=B}\" doesn't name an environment variable"),
    ("${env::-x}", "\"${env:}\" doesn't name an environment variable"),
    ("${file:}", "\"${file:}\" must name an absolute path"), ("${file:a}", "\"${file:a}\" must name an absolute path"),
    ("${credential:}", "\"${credential:}\" isn't a reference"),
    ("${credential:../x}", "\"${credential:../x}\" isn't a reference"),
  ])
  func `a reference that can't be read is refused with words of its own`(text: String, description: String) {
    do throws(ReferenceSyntaxError) {
      let read = try ReferenceText(text)
      Issue.record("read as \(read.parts)")
    } catch {
      #expect(error.description == description)
      #expect(!error.hint.isEmpty)
    }
  }

  @Test func `references of our own are written as a user would`() throws {
    let made = ReferenceText(environment: "A", fallback: "b")
    #expect(made == (try ReferenceText("${env:A:-b}")))
    #expect(ReferenceText(environment: "A") == (try ReferenceText("${env:A}")))
  }
}
