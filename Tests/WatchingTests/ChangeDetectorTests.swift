import Rules
import Runs
import Storage
import Testing

@testable import Watching

@Suite struct ChangeDetectorTests {
  private static let start = Timestamp(milliseconds: 1_766_000_000_000)

  private func run(_ conditions: [(String, Int64)], killedAt: Int64? = nil) throws -> Run {
    let entries = conditions.map { #"{"condition":"\#($0.0)","status":"Reached","lastTransitionTime":\#($0.1)}"# }
    let killed = killedAt.map { #","killedAt":\#($0)"# } ?? ""
    return try Run(
      parsing: Array(
        #"{"runId":"run_a","spec":{"flow":{}\#(killed)},"status":{"conditions":[\#(entries.joined(separator: ","))]}}"#
          .utf8))
  }

  private func change(
    _ run: Run, known: Ledger.Entry?, hasBaseline: Bool = true, since: Since = .now, named: Set<String> = []
  ) -> ChangeDetector.Change {
    ChangeDetector(hasBaseline: hasBaseline, since: since, named: named, start: Self.start)
      .change(run, run.reading, known: known)
  }

  private func entry(_ phase: Phase, _ since: Int64, isBaseline: Bool = false) -> Ledger.Entry {
    Ledger.Entry(phase: phase, since: Timestamp(milliseconds: since), isBaseline: isBaseline)
  }

  @Test func `what is there on the first start is remembered in silence`() throws {
    #expect(change(try run([("Failed", 5)]), known: nil, hasBaseline: false) == .remember)
    #expect(change(try run([("Running", 5)]), known: nil, hasBaseline: false) == .remember)
  }

  @Test func `since says which ended runs count on the first start`() throws {
    let hour: Int64 = 3_600_000
    let ended = try run([("Failed", Self.start.milliseconds - hour)])
    func first(_ since: Since) -> ChangeDetector.Change { change(ended, known: nil, hasBaseline: false, since: since) }
    #expect(first(.all) == .transition(from: nil))
    #expect(first(.ago(.seconds(3600))) == .transition(from: nil))
    #expect(first(.ago(.seconds(3599))) == .remember)
    #expect(first(.at(Timestamp(milliseconds: Self.start.milliseconds - hour))) == .transition(from: nil))
    #expect(first(.at(Timestamp(milliseconds: Self.start.milliseconds - hour + 1))) == .remember)
    #expect(change(try run([("Running", 5)]), known: nil, hasBaseline: false, since: .all) == .remember)
  }

  @Test func `a run never seen before is news once there is a baseline`() throws {
    #expect(change(try run([("Pending", 5)]), known: nil) == .transition(from: nil))
    #expect(change(try run([("Failed", 5)]), known: nil) == .transition(from: nil))
  }

  @Test func `a run named by the user counts although it had ended, and only once`() throws {
    let ended = try run([("Succeeded", 5)])
    #expect(change(ended, known: nil, hasBaseline: false, named: ["run_a"]) == .transition(from: nil))
    #expect(change(ended, known: entry(.succeeded, 5, isBaseline: true), named: ["run_a"]) == .transition(from: nil))
    #expect(change(ended, known: entry(.succeeded, 5), named: ["run_a"]) == .none)
    #expect(change(try run([("Running", 5)]), known: nil, named: ["run_a"]) == .remember)
  }

  @Test func `a new phase is a transition from the old one`() throws {
    #expect(change(try run([("Running", 9)]), known: entry(.pending, 5)) == .transition(from: .pending))
    #expect(change(try run([("Running", 9), ("Error", 9)]), known: entry(.running, 9)) == .transition(from: .running))
  }

  @Test func `the same end at another time is one end`() throws {
    let cancelled = try run([("Running", 3), ("Cancelled", 60)], killedAt: 5)
    #expect(change(cancelled, known: entry(.cancelled, 5)) == .none)
  }

  @Test func `a run that went on after its end has ended twice`() throws {
    let again = try run([("Failed", 50), ("Running", 20)])
    #expect(change(again, known: entry(.failed, 10)) == .transition(from: .failed))
  }

  @Test func `an answer older than what is known changes nothing`() throws {
    #expect(change(try run([("Running", 5)]), known: entry(.succeeded, 9)) == .none)
    #expect(change(try run([]), known: entry(.succeeded, 9)) == .none)
    #expect(change(try run([("Pending", 5)]), known: entry(.running, 9)) == .none)
    #expect(change(try run([("Running", 10)]), known: entry(.succeeded, 9)) == .transition(from: .succeeded))
  }
}
