import JSONSource
import Runs
import Testing

@testable import Rules

/// What chat is told when a rule says no words of its own.
struct DefaultMessageTests {
  private static let link = "<https://vi.datature.com/org/org|run_1>"
  private static let rule = #"{"name": "r", "on": "any", "actions": [{"send": "chat"}]}"#

  private func text(_ event: RunEvent) throws -> String {
    let body = try #require(try ruleSet(Self.rule).deliveries(for: event).first?.json)
    return try #require(try JSONDocument(parsing: Array(body.utf8)).root["text"]?.string)
  }

  @Test(arguments: [
    ("Pending", "is waiting to start"), ("Running", "is running"), ("Succeeded", "succeeded after 2h 14m"),
    ("Failed", "failed after 2h 14m"), ("Error", "ended with an error after 2h 14m"),
    ("Cancelled", "was cancelled after 2h 14m"),
  ])
  func `it says of every phase what, how long and where`(_ condition: String, _ words: String) throws {
    let members = #""spec":{"flow":{"name":"detector"}},"metadata":{"timeCreated":1795419120000}"#
    let event = try RunEvent.of(condition, members: members)
    #expect(try text(event) == "*detector* \(words)\n\(Self.link)")
  }

  @Test func `it says why, where that is known`() throws {
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"detector"}}"#, message: "no disk")
    #expect(try text(event) == "*detector* failed: no disk\n\(Self.link)")
  }

  @Test func `a run without a flow is still named by its link`() throws {
    #expect(try text(.of("Failed")) == "*A run* failed\n\(Self.link)")
  }

  @Test func `a stack trace of 100 kB is cut, and its markup is plain text`() throws {
    let trace = "<!channel> {{flow}} 😀 \"x\"\n" + String(repeating: "at frame <0x7f> & more\n", count: 4_500)
    let said = try text(.of("Failed", message: trace))
    #expect(said.hasPrefix("*A run* failed: &lt;!channel&gt; {{flow}} 😀 \"x\"\nat frame"))
    #expect(said.hasSuffix("…\n\(Self.link)"))
    #expect(said.count < 2_000)
  }

  @Test(
    arguments: [
      (100, nil), (100, 100), (112, 100), (88, 100), (104, 100), (3, 0),
    ] as [(Int, Int?)])
  func `it compares with what is usual`(_ took: Int, _ usual: Int?) throws {
    let start: Int64 = 1_795_419_120_000
    let members = #""spec":{"flow":{"name":"d"}},"metadata":{"timeCreated":\#(start)}"#
    let run = try Run(
      parsing: Array(
        #"""
        {"runId":"run_1",\#(members),"status":{"conditions":[{"condition":"Succeeded","status":"Reached",
         "lastTransitionTime":\#(start + Int64(took) * 1000)}]}}
        """#.utf8))
    let event = RunEvent(
      run, reading: run.reading, previousPhase: .running,
      origin: .init(organization: "org", endpoint: "https://api.example"), usual: usual.map { .seconds($0) })
    let words =
      [
        nil: "", 0: "",
        100: [
          100: ", as long as usual", 112: ", 12 % slower than usual",
          88: ", 12 % faster than usual", 104: ", as long as usual",
        ][took],
      ] as [Int?: String?]
    let duration = Duration.seconds(took).words
    #expect(try text(event) == "*d* succeeded after \(duration)\((words[usual] ?? nil) ?? "?")\n\(Self.link)")
  }
}
