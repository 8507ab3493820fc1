import TestSupport
import Testing

@testable import Runs

@Suite struct RunSummaryTests {
  private static let documented = #"""
    {"kind":"Run","workspaceId":"o","runId":"run_1","spec":{"flow":{"name":"prod é","blocks":[{"name":"x","style":{}}],
     "trainingProject":null},"killedAt":null,"trainingProject":"p"},"status":{"log":"l","observedGeneration":3,"conditions":[
     {"condition":"Pending","status":"Reached","lastTransitionTime":1000,"reason":null,"message":null},
     {"condition":"Running","status":"Reached","lastTransitionTime":2000},
     {"condition":"Failed","status":"Reached","lastTransitionTime":3000,"reason":"OOM","message":"out of memory"}]},
     "metadata":{"timeCreated":500,"lastUpdated":3000,"attributes":{"name":"y","runId":"z"}},"etag":"e","n":-1.5e3}
    """#
  private static let killed = #"""
    {"metadata":{"timeCreated":500},"status":{"conditions":[{"condition":"Succeeded","status":"Waiting",
     "lastTransitionTime":0},{"condition":"Started","status":"FailedReach","lastTransitionTime":-7},{"condition":"Odd"}]},
     "spec":{"killedAt":1766000000000,"flow":null},"runId":"run-2"}
    """#
  private static let bare = #" {"runId":"r","status":{"conditions":[]}} "#
  private static let documents = [documented, killed, bare, #"{"spec":null,"metadata":null,"status":{},"runId":"0"}"#]

  private func summary(_ bytes: [UInt8]) -> RunSummary? { bytes.withUnsafeBytes { RunSummary($0) } }

  private func expectSame(
    _ summary: RunSummary, _ run: Run, _ bytes: [UInt8], _ place: Testing.SourceLocation = #_sourceLocation
  ) {
    let text = "\(String(decoding: bytes, as: UTF8.self))"
    #expect(summary.id == run.id, "\(text)", sourceLocation: place)
    #expect(summary.flow == run.flow, "\(text)", sourceLocation: place)
    #expect(summary.conditions == run.conditions, "\(text)", sourceLocation: place)
    #expect(summary.killedAt == run.killedAt, "\(text)", sourceLocation: place)
    #expect(summary.createdAt == run.createdAt, "\(text)", sourceLocation: place)
  }

  @Test(arguments: documents) func `a document that is written plainly is read at a summary`(text: String) throws {
    let bytes = Array(text.utf8)
    expectSame(try #require(summary(bytes)), try Run(parsing: bytes), bytes)
  }

  @Test(arguments: [
    #"{"runId":"r","status":{},"runId":"s"}"#, #"{"runId":"r","status":{},"status":{}}"#,
    #"{"runId":"\u0072","status":{}}"#, #"{"run\u0049d":"r","status":{}}"#, #"{"runId":"r"}"#, #"{"status":{}}"#,
    #"{"runId":"r/s","status":{}}"#, #"{"runId":7,"status":{}}"#, #"{"runId":"r","status":null}"#,
    #"{"runId":"r","status":{"conditions":{}}}"#, #"{"runId":"r","status":{"conditions":[{}]}}"#,
    #"{"runId":"r","status":{"conditions":[null]}}"#, #"{"runId":"r","status":{"conditions":[{"condition":7}]}}"#,
    #"{"runId":"r","status":{"conditions":[{"condition":"Failed","lastTransitionTime":1.5e3}]}}"#,
    #"{"runId":"r","status":{"conditions":[{"condition":"Failed","status":7}]}}"#,
    #"{"runId":"r","status":{"conditions":[{"condition":"Failed","message":"a\nb"}]}}"#,
    #"{"runId":"r","status":{},"metadata":{"timeCreated":"5"}}"#,
    #"{"runId":"r","status":{},"spec":{"killedAt":true}}"#,
    #"{"runId":"r","status":{},"spec":{"killedAt":9223372036854775808}}"#,
    #"{"runId":"r","status":{},"spec":{"killedAt":05}}"#, #"{"runId":"r","status":{},"spec":{"flow":[]}}"#,
    #"{"runId":"r","status":{}} x"#, #"{"runId":"r","status":{}"#, "[]", "", "\"r\"",
  ])
  func `what is written in another way is left to the whole reading`(text: String) {
    #expect(summary(Array(text.utf8)) == nil)
  }

  @Test func `a string that is no UTF-8 is left to the whole reading`() {
    let bytes =
      Array(#"{"runId":"r","status":{},"spec":{"flow":{"name":"#.utf8) + [0x22, 0xC3, 0x28, 0x22] + Array("}}}".utf8)
    #expect(summary(bytes) == nil)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4]) func `a summary says what the whole reading says, or nothing`(seed: UInt64)
    throws
  {
    var random = SeededGenerator(seed: seed)
    var agreed = 0
    for _ in 0..<1_000 {
      let bytes = mutated(&random)
      guard let summary = summary(bytes), let run = try? Run(parsing: bytes) else { continue }
      expectSame(summary, run, bytes)
      agreed += 1
    }
    #expect(agreed > 50)
  }

  /// Up to three bytes are struck out, replaced, or a piece is put somewhere else once more.
  private func mutated(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes = Array(Self.documents.randomElement(using: &random)?.utf8 ?? "".utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.remove(at: place)
      case 1: bytes[place] = Array(#"{}[]",:\ 019-nue"#.utf8).randomElement(using: &random) ?? 0
      case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
        bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0...bytes.count, using: &random))
      }
    }
    return bytes
  }
}
