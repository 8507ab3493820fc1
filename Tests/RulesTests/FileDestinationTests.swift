import Secrets
import Testing

@testable import Rules

@Suite struct FileDestinationTests {
  private func problems(_ path: String, home: Machine.Home = .known) -> [String] {
    let text = """
      {"version": 1, "destinations": {"log": {"type": "file", "path": "\(path)"}},
       "rules": [{"name": "r", "actions": [{"send": "log"}]}]}
      """
    let machine = Machine(
      home: home, whyProgramFails: { _, _ in nil }, whyDirectoryFails: { _ in nil }, forbiddenAddress: { _, _ in nil })
    return RuleFile.reading(Array(text.utf8), secrets: SecretSource(environment: ["D": "/var"]), machine: machine)
      .diagnostics.map(\.message)
  }

  @Test func `a path begins with a slash or the home directory`() {
    #expect(problems("/var/log/runs.jsonl").isEmpty)
    #expect(problems("~/runs.jsonl").isEmpty)
    #expect(problems("${env:D}/runs.jsonl").isEmpty)
    #expect(problems("runs.jsonl") == [#"destinations.log.path is no absolute path: "runs.jsonl""#])
    #expect(problems("/var/log/") == ["destinations.log.path names a directory"])
    #expect(problems("~/runs.jsonl", home: .missing) == ["destinations.log.path begins with ~, and HOME is not set"])
    #expect(
      problems("/var/{{flow}}.jsonl")
        == ["destinations.log.path holds a template, and templates are for messages"])
  }

  @Test func `what is meant for connections is no field of a file`() {
    let text = #"""
      {"version": 1, "destinations": {"log": {"type": "file", "path": "/x", "headers": {"A": "b"}, "url": "https://x"}},
       "rules": [{"name": "r", "actions": [{"send": "log"}]}]}
      """#
    let (file, problems) = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:]))
    #expect(file == nil)
    #expect(
      problems.map(\.message).first
        == "destinations.log.headers is for destinations that are reached over HTTP or TLS")
    #expect(problems.count == 2)
  }

  @Test func `~ is HOME, and a message is one line`() throws {
    var file = File()
    file.path = try ReferenceText("~/a.jsonl")
    let make = try file.requestMaker(ReferenceResolver(SecretSource(environment: ["HOME": "/home/vi"])))
    let message = OutgoingMessage(id: "m", run: "r", event: Array("{\"a\":\r\n \"b\\n\"}\n".utf8), body: nil, time: 0)
    guard case .append(let line) = make(message) else { throw Wrong() }
    #expect(line.path == "/home/vi/a.jsonl")
    #expect(String(decoding: line.text, as: UTF8.self) == "{\"a\":   \"b\\n\"} ")
    #expect(throws: SecretError.missingVariable("HOME")) {
      try file.requestMaker(ReferenceResolver(SecretSource(environment: [:])))
    }
  }

  private struct Wrong: Error {}
}
