import Rules
import Runs
import Secrets
import Testing

@testable import Watching

@Suite struct MovingRunsTests {
  private static let holding = #"{"name": "r", "on": ["running"], "for": "1m", "actions": [{"run": ["x"]}]}"#
  private static let longer = #"{"name": "s", "on": ["running"], "for": "2m", "actions": [{"run": ["x"]}]}"#
  private static let plain = #"{"name": "p", "actions": [{"run": ["x"]}]}"#

  private func moving(_ rules: String...) throws -> MovingRuns {
    let text = #"{"version": 1, "rules": [\#(rules.joined(separator: ", "))]}"#
    let file = try #require(RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:])).0)
    return MovingRuns(try RuleSet(file))
  }

  /// A observation of a run that came into its phase at `time`; without one the API says only when it was created.
  private func observation(_ condition: String, at time: Int64?, created: Int64 = 5, note: Int = 0) throws
    -> Observation
  {
    let when = time.map { #","lastTransitionTime":\#($0)"# } ?? ""
    let run = try Run(
      parsing: Array(
        #"""
        {"runId":"a","note":\#(note),"status":{"conditions":[{"condition":"\#(condition)"\#(when)}]},
         "metadata":{"timeCreated":\#(created)}}
        """#.utf8))
    return Observation(
      run: run, reading: run.reading, entry: nil, isTransition: false, previousPhase: nil,
      isMoving: !run.reading.phase.isTerminal, isNew: false)
  }

  private func ms(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  @Test func `a stay is told once, when it is over`() throws {
    var moving = try moving(Self.holding)
    moving.take([try observation("Running", at: 1_000)])
    #expect(moving.nextOverdue == ms(61_000))
    #expect(moving.overdue(at: ms(60_999)).isEmpty)
    #expect(moving.overdue(at: ms(61_000)).map(\.stay) == [.seconds(60)])
    #expect(moving.overdue(at: ms(99_000)).isEmpty)
    #expect(moving.nextOverdue == nil)
  }

  @Test func `each of several times is told by itself, the shorter first`() throws {
    var moving = try moving(Self.longer, Self.holding)
    moving.take([try observation("Running", at: 1_000)])
    #expect(moving.overdue(at: ms(61_000)).map(\.stay) == [.seconds(60)])
    #expect(moving.nextOverdue == ms(121_000))
    #expect(moving.overdue(at: ms(121_000)).map(\.stay) == [.seconds(120)])
  }

  @Test func `a document that changes within the phase begins no new stay`() throws {
    var moving = try moving(Self.holding)
    moving.take([try observation("Running", at: 1_000)])
    #expect(moving.overdue(at: ms(61_000)).count == 1)
    moving.take([try observation("Running", at: 1_000, note: 1)])
    #expect(moving.overdue(at: ms(99_000)).isEmpty)
    moving.take([try observation("Running", at: 50_000)])
    #expect(moving.overdue(at: ms(110_000)).count == 1)
  }

  @Test func `without a time of the phase the creation counts`() throws {
    var moving = try moving(Self.holding)
    moving.take([try observation("Running", at: nil, created: 7_000)])
    #expect(moving.nextOverdue == ms(67_000))
  }

  @Test func `who has ended or is gone stays nowhere`() throws {
    var moving = try moving(Self.holding)
    moving.take([try observation("Running", at: 1_000)])
    moving.take([try observation("Failed", at: 2_000)])
    #expect(moving.runs.isEmpty)
    moving.take([try observation("Running", at: 3_000)])
    moving.remove(["a"])
    #expect(moving.overdue(at: ms(99_000_000)).isEmpty)
  }

  @Test func `documents are kept only for rules that may ask for them`() throws {
    var (plain, holding) = (try moving(Self.plain), try moving(Self.holding))
    var gone = try moving(#"{"name": "g", "on": "disappeared", "actions": [{"run": ["x"]}]}"#)
    let running = try observation("Running", at: 1_000)
    plain.take([running])
    holding.take([running])
    gone.take([running])
    #expect(plain.runs["a"]?.run == nil)
    #expect(holding.runs["a"]?.run?.document == running.run.document)
    #expect(gone.runs["a"]?.run != nil)
    #expect(plain.nextOverdue == nil)
  }
}
