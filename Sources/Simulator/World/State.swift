/// The mutable state of a simulator, behind one lock.
struct State: Sendable {
  var world: World
  var faults: FaultBook
  /// Nil: not hostile.
  var harms: HarmBook?
  var log = RequestLog()
  var inboxes: [String: Inbox]
  var waiters: [Int: Waiter] = [:]
  var nextWaiter = 0

  /// A task that waits for a number of requests.
  struct Waiter: Sendable {
    enum Condition: Sendable {
      /// Nil: in all inboxes.
      case inbox(String?, atLeast: Int)
      /// Nil: of every kind.
      case requests(RequestKind?, atLeast: Int)
    }

    let condition: Condition
    let continuation: CheckedContinuation<Void, any Error>
  }

  init(_ scenario: Scenario, start: Int64) {
    world = World(scenario, start: start)
    faults = FaultBook(scenario.faults)
    harms = scenario.hostile.map { HarmBook($0) }
    inboxes = scenario.inbox.mapValues { Inbox(answers: $0) }
  }

  func isMet(_ condition: Waiter.Condition) -> Bool {
    switch condition {
    case .inbox(let name, let count): inboxCount(name) >= count
    case .requests(let kind, let count): log.count(kind) >= count
    }
  }

  func inboxCount(_ name: String?) -> Int {
    name.map { inboxes[$0]?.count ?? 0 } ?? inboxes.values.reduce(0) { $0 + $1.count }
  }

  /// Removes the waiters whose condition is met; resume them after unlocking.
  mutating func takeSatisfied() -> [Waiter] {
    guard !waiters.isEmpty else { return [] }
    let satisfied = waiters.filter { isMet($0.value.condition) }
    for id in satisfied.keys { waiters[id] = nil }
    return Array(satisfied.values)
  }
}
