import Testing

@testable import Runs

struct PhaseReadingTests {
  @Test func `documented: the last entry in time is the state`() {
    let life = [Condition.reached("Pending", at: 10), .reached("Running", at: 20), .reached("Succeeded", at: 30)]
    #expect(PhaseReading(Array(life[..<1])).short == "pending@10")
    #expect(PhaseReading(Array(life[..<2])).short == "running@20")
    #expect(PhaseReading(life).short == "succeeded@30")
    #expect(PhaseReading(life).decidedBy?.name == "Succeeded")
  }

  @Test func `lifecycle: newest first, Finished reached is succeeded and FailedReach is failed`() {
    let started = Condition.reached("Started", at: 10)
    #expect(PhaseReading([started]).short == "running@10")
    #expect(PhaseReading([.reached("Finished", at: 20), started]).short == "succeeded@20")
    #expect(PhaseReading([.failedReach("Finished", at: 20), started]).short == "failed@20")
    #expect(PhaseReading([.failedReach("Started", at: 20)]).short == "failed@20")
  }

  @Test func `declared: what waits has not happened, and what could not be reached says nothing of a success`() {
    let waiting = ["Succeeded", "Failed", "Error", "Cancelled"].map(Condition.waiting)
    #expect(PhaseReading(waiting).short == "pending@0")
    #expect(PhaseReading([.reached("Running", at: 20)] + waiting).short == "running@20")
    let others = ["Failed", "Error", "Cancelled"].map { Condition.failedReach($0, at: 31) }
    #expect(
      PhaseReading([.reached("Running", at: 20), .reached("Succeeded", at: 30)] + others).short == "succeeded@30")
  }

  @Test(arguments: [
    ("Pending", Phase.pending), ("Queued", .pending), ("Started", .running), ("Starting", .running),
    ("Running", .running), ("Succeeded", .succeeded), ("Completed", .succeeded), ("Finished", .succeeded),
    ("Failed", .failed), ("Error", .error), ("Cancelled", .cancelled), ("Killed", .cancelled),
  ])
  func `each known name that was reached is its phase`(name: String, phase: Phase) {
    #expect(PhaseReading([.reached(name, at: 7)]).short == "\(phase.rawValue)@7")
  }

  @Test(arguments: [
    ("Succeeded", true), ("Completed", true), ("Finished", true), ("Running", true), ("Started", true),
    ("Failed", false), ("Error", false), ("Cancelled", false), ("Killed", false), ("Pending", false),
    ("Queued", false), ("Exported", false),
  ])
  func `FailedReach fails a run only on what a good run reaches`(name: String, fails: Bool) {
    let entries = [Condition.reached("Pending", at: 5), .failedReach(name, at: 9)]
    #expect(PhaseReading(entries).short == (fails ? "failed@9" : "pending@5"))
    #expect(PhaseReading(entries, killedAt: 8).short == (fails ? "cancelled@9" : "cancelled@8"))
  }

  @Test func `a FailedReach decides unless it is older than what was reached`() {
    #expect(PhaseReading([.reached("Running", at: 20), .failedReach("Succeeded", at: 19)]).short == "running@20")
    #expect(PhaseReading([.reached("Running", at: 20), .failedReach("Succeeded", at: 20)]).short == "failed@20")
    #expect(PhaseReading([.reached("Error", at: 20), .failedReach("Succeeded", at: 25)]).short == "error@20")
    let two = [Condition.failedReach("Started", at: 10), .reached("Pending", at: 15), .failedReach("Running", at: 20)]
    #expect(PhaseReading(two).short == "failed@20")
  }

  @Test func `on a tie the later stage decides`() {
    #expect(PhaseReading([.reached("Running", at: 9), .reached("Pending", at: 9)]).short == "running@9")
    for end in ["Succeeded", "Failed", "Error", "Cancelled"] {
      let reading = PhaseReading([.reached(end, at: 9), .reached("Running", at: 9), .reached("Queued", at: 9)])
      #expect(reading.decidedBy?.name == end)
      #expect(reading.phase.isTerminal)
    }
  }

  @Test func `killedAt alone is cancelled at that time, and an end that was reached outranks it`() {
    #expect(PhaseReading([.reached("Running", at: 20)], killedAt: 25).short == "cancelled@25")
    #expect(PhaseReading([.reached("Running", at: 20)], killedAt: 25).decidedBy == nil)
    #expect(PhaseReading([], killedAt: 25).short == "cancelled@25")
    #expect(PhaseReading([.reached("Running", at: 20)], killedAt: 5).short == "cancelled@20")
    #expect(PhaseReading([.reached("Succeeded", at: 20)], killedAt: 25).short == "succeeded@20")
  }

  @Test func `killedAt first and Cancelled a minute later is one phase whose time moves`() {
    let before = PhaseReading([.reached("Running", at: 20)], killedAt: 25)
    let after = PhaseReading([.reached("Running", at: 20), .reached("Cancelled", at: 60_025)], killedAt: 25)
    #expect(before.phase == after.phase)
    #expect(after.short == "cancelled@60025")
  }

  @Test func `a run that goes on after an end is alive again, and its next end is a new one`() {
    let again = [Condition.reached("Running", at: 10), .reached("Failed", at: 20), .reached("Running", at: 30)]
    #expect(PhaseReading(again).short == "running@30")
    #expect(PhaseReading(again + [.reached("Failed", at: 40)]).short == "failed@40")
  }

  @Test func `where nothing says anything the run is pending since it was made`() {
    #expect(PhaseReading([], createdAt: 3).short == "pending@3")
    #expect(PhaseReading([]).short == "pending@0")
    #expect(PhaseReading([.reached("Exported", at: 99)], createdAt: 3).short == "pending@3")
    #expect(PhaseReading([.reached("Exported", at: 99), .reached("Running", at: 5)]).short == "running@5")
    #expect(PhaseReading([.reached("succeeded", at: 99)], createdAt: 3).short == "pending@3")
  }
}
