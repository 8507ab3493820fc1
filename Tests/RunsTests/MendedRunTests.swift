import Testing

@testable import Runs

@Suite struct MendedRunTests {
  private func document(_ message: [UInt8]) -> [UInt8] {
    Array(#"{"runId":"run_a","status":{"conditions":[{"condition":"Failed","status":"Reached","message":""#.utf8)
      + message
      + Array(#"","lastTransitionTime":7}]},"metadata":{"attributes":{"a":"b"}}}"#.utf8)
  }

  private static let wrong: [([UInt8], String)] = [
    ([0x61, 0xFF, 0x62], "a\u{FFFD}b"), (Array(#"a\qb"#.utf8), "a\u{FFFD}qb"),
    ([0x61, 0x01], "a\u{FFFD}"), (Array(#"\u12G4"#.utf8), "\u{FFFD}u12G4"),
    ([0xE2, 0x82], "\u{FFFD}"),
  ]

  @Test(arguments: 0..<wrong.count)
  func `what no JSON may hold is replaced, and the rest of the run is read`(which: Int) throws {
    let (bytes, message) = Self.wrong[which]
    #expect(throws: MalformedRun.self) { try Run(parsing: document(bytes)) }
    let run = try Run(mending: document(bytes))
    #expect(run.id == "run_a")
    #expect(run.fault != nil)
    #expect(run.reading.phase == .failed)
    #expect(run.reading.decidedBy?.message == message)
    #expect(try Run(parsing: run.document).fault == nil)
  }

  @Test func `a good document stays as it is`() throws {
    let good = document(Array(#"\ud83d\ude00 \\ \" \u00e9 é"#.utf8))
    let run = try Run(mending: good)
    #expect(run.fault == nil)
    #expect(run.document == good)
  }

  @Test func `a document that is cut off is not mended, and says nothing`() throws {
    let error = #expect(throws: MalformedRun.self) { try Run(mending: Array(document([]).dropLast(9))) }
    #expect(error?.id == nil)
  }
}
