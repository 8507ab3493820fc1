import Testing

@testable import Runs

/// What of a document is still read when members are missing or of another kind.
struct RunTests {
  private func run(_ text: String) throws -> Run { try Run(parsing: Array(text.utf8)) }

  private func malformed(_ text: String) -> MalformedRun? {
    do throws(MalformedRun) {
      _ = try Run(parsing: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  private static let whole = """
    {"kind":"Run","workspaceId":"org","runId":"run_1",
     "spec":{"flow":{"name":"detector","trainingProject":"inner"},"killedAt":1766000000000,"trainingProject":"outer"},
     "status":{"conditions":[{"condition":"Started","status":"Reached","lastTransitionTime":1766000000001,
                              "reason":"R","message":"M"}]},
     "metadata":{"timeCreated":1766000000002,"attributes":{"stage":"release"}},"etag":"x","new":[1]}
    """

  @Test func `a whole document is read`() throws {
    let run = try run(Self.whole)
    #expect(run.id == "run_1")
    #expect(run.organization == "org")
    #expect(run.flow == "detector")
    #expect(run.trainingProject == "outer")
    #expect(run.killedAt == Timestamp(milliseconds: 1_766_000_000_000))
    #expect(run.createdAt == Timestamp(milliseconds: 1_766_000_000_002))
    #expect(run.document == Array(Self.whole.utf8))
    let time = Timestamp(milliseconds: 1_766_000_000_001)
    #expect(run.conditions == [Condition(name: "Started", status: .reached, time: time, reason: "R", message: "M")])
  }

  @Test func `a run needs no more than its id and a status`() throws {
    let run = try run(#"{"runId":"r","status":{}}"#)
    #expect(run.organization == nil)
    #expect(run.flow == nil)
    #expect(run.trainingProject == nil)
    #expect(run.createdAt == nil)
    #expect(run.reading.phase == .pending)
  }

  @Test(arguments: [
    #""spec":null"#, #""spec":7"#, #""spec":{"flow":null}"#, #""spec":{"flow":"x","killedAt":"y"}"#,
    #""spec":{"flow":{"name":7,"trainingProject":[]},"killedAt":null,"trainingProject":null}"#,
    #""spec":{"killedAt":0}"#, #""spec":{"killedAt":1.5}"#, #""spec":{"trainingProject":{}}"#, #""metadata":null"#,
    #""metadata":[]"#, #""metadata":{"timeCreated":null,"attributes":null}"#, #""metadata":{"timeCreated":"soon"}"#,
    #""workspaceId":null"#, #""workspaceId":5"#, #""kind":null"#,
  ])
  func `a member that is null or of another kind counts as absent`(member: String) throws {
    let run = try run(#"{"runId":"r","status":{"conditions":[{"condition":"Running"}]},\#(member)}"#)
    #expect(run.organization == nil)
    #expect(run.flow == nil)
    #expect(run.trainingProject == nil)
    #expect(run.killedAt == nil)
    #expect(run.createdAt == nil)
    #expect(run.reading.phase == .running)
  }

  @Test func `the training project of the flow stands in for that of the spec`() throws {
    for spec in [#""trainingProject":null,"#, #""trainingProject":"","#, ""] {
      let run = try run(#"{"runId":"r","status":{},"spec":{\#(spec)"flow":{"trainingProject":"inner"}}}"#)
      #expect(run.trainingProject == "inner")
    }
  }

  @Test(arguments: [
    (#"{"condition":"Failed"}"#, "failed@0"), (#"{"condition":"Failed","status":null}"#, "failed@0"),
    (#"{"condition":"Failed","status":"Sideways"}"#, "pending@0"), (#"{"condition":"Failed","status":7}"#, "pending@0"),
    (#"{"condition":"Failed","lastTransitionTime":1.766e12}"#, "failed@1766000000000"),
    (#"{"condition":"Failed","lastTransitionTime":null}"#, "failed@0"),
    (#"{"condition":"Failed","lastTransitionTime":"x","reason":1,"message":[]}"#, "failed@0"),
    (#"{"condition":null}"#, "pending@0"), (#"{"condition":7}"#, "pending@0"), ("{}", "pending@0"),
    ("null", "pending@0"), (#""Failed""#, "pending@0"), (#"[{"condition":"Failed"}]"#, "pending@0"),
  ])
  func `an entry of the conditions is read as far as it can be`(entry: String, reading: String) throws {
    #expect(try run(#"{"runId":"r","status":{"conditions":[\#(entry)]}}"#).reading.short == reading)
  }

  @Test func `entries never heard of are kept`() throws {
    let run = try run(#"{"runId":"r","status":{"conditions":[{"condition":"Exported","status":"Odd"}]}}"#)
    #expect(run.conditions.map(\.name) == ["Exported"])
    #expect(run.conditions.map(\.status) == [.waiting])
  }

  @Test func `what makes a run malformed is said, with its id where there is one`() {
    let cases: [(String, String?, String)] = [
      ("[]", nil, "it is a list, not an object"), ("null", nil, "it is null, not an object"),
      ("{}", nil, #"it has no "runId""#), (#"{"runId":7,"status":{}}"#, nil, #"it has no "runId""#),
      (#"{"runId":"","status":{}}"#, nil, #"its "runId" isn't an id: """#),
      (#"{"runId":"a/b","status":{}}"#, nil, #"its "runId" isn't an id: "a/b""#),
      (#"{"runId":"r"}"#, "r", #"it has no "status""#), (#"{"runId":"r","status":null}"#, "r", #"it has no "status""#),
      (#"{"runId":"r","status":[]}"#, "r", #"it has no "status""#),
      (#"{"runId":"r","status":{"conditions":{}}}"#, "r", #"its "status.conditions" is an object, not a list"#),
    ]
    for (text, id, description) in cases {
      let error = malformed(text)
      #expect(error?.id == id, "\(text)")
      #expect(error?.description == description, "\(text)")
    }
    #expect(malformed(#"{"runId":"r""#)?.description.hasPrefix("it isn't JSON: ") == true)
  }

  @Test func `an id is 1 to 255 letters, digits, _ and -`() {
    #expect(Run.isValid(id: "aZ09_-"))
    #expect(Run.isValid(id: String(repeating: "x", count: 255)))
    for bad in ["", String(repeating: "x", count: 256), "é", "a b", "a.b", "..", "a\n", "a\0", "٣", "a%2F"] {
      #expect(!Run.isValid(id: bad), "\(bad.debugDescription)")
    }
  }

  @Test func `it started when it was first running, and restarts are seen`() throws {
    let run = try run(
      """
      {"runId":"r","status":{"conditions":[
        {"condition":"Running","lastTransitionTime":30},{"condition":"Failed","lastTransitionTime":20},
        {"condition":"Started","lastTransitionTime":10},{"condition":"Running","status":"Waiting","lastTransitionTime":5},
        {"condition":"Starting","lastTransitionTime":0}]}}
      """)
    #expect(run.startedAt == Timestamp(milliseconds: 10))
    #expect(run.summary.restarted(after: Timestamp(milliseconds: 20)))
    #expect(!run.summary.restarted(after: Timestamp(milliseconds: 30)))
  }

  @Test func `a document that is too large, or holds too many values, is refused by the run's id`() throws {
    func document(_ more: String) -> [UInt8] {
      Array("{\"runId\": \"run_1\", \"status\": {\"conditions\": []}, \"more\": \(more)}".utf8)
    }
    let long = document("\"\(String(repeating: "x", count: Run.maxBytes))\"")
    let wide = document("[\(Array(repeating: "0", count: Run.maxValues).joined(separator: ","))]")
    for (bytes, words) in [(long, "larger than 4 MiB"), (wide, "more than 250000 values")] {
      let error = #expect(throws: MalformedRun.self) { try Run(parsing: bytes) }
      #expect(error?.id == "run_1")
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
    #expect(try Run(parsing: document("[0, 1]")).id == "run_1")
  }

  @Test func `of a document that is no JSON the id is told where the object has an end`() {
    func id(_ text: String) -> String? {
      #expect(throws: MalformedRun.self) { try Run(parsing: Array(text.utf8)) }?.id
    }
    #expect(id("{\"runId\": \"run_1\", \"flow\": \"\\x\"}") == "run_1")
    for cut in [
      "{\"runId\": \"run_1\", \"flow\": ", "{\"runId\": \"../x\", \"a\": \"\\x\"}", "{\"runId\": \"run_1\"} {",
    ] {
      #expect(id(cut) == nil, "\(cut)")
    }
  }

  @Test func `times are held to the years 1 to 9999, at a summary as well`() throws {
    for (text, milliseconds) in [
      ("9223372036854775807", 253_402_300_799_999), ("1e400", 253_402_300_799_999), ("-1e30", -62_135_596_800_000),
      ("999999999999999999", 253_402_300_799_999), ("1766000000000", 1_766_000_000_000), ("1.5", 0), ("null", 0),
    ] as [(String, Int64)] {
      let document = Array(
        """
        {"runId": "r", "metadata": {"timeCreated": \(text)},
         "status": {"conditions": [{"condition": "Failed", "lastTransitionTime": \(text)}]}}
        """.utf8)
      let run = try Run(parsing: document)
      #expect(run.reading.since.milliseconds == milliseconds, "\(text)")
      if let summary = document.withUnsafeBytes({ RunSummary($0) }) { #expect(summary.reading == run.reading) }
    }
  }
}
