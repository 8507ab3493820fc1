import Rules
import Runs
import Secrets
import Storage
import TestSupport
import Testing

@testable import Delivery

/// A dispatcher's state, and around it, in memory and as plainly as it can be said, everything that ``Dispatcher`` does with sockets
/// and files. It records every breach of what the state promises.
struct StateWorld {
  struct Row {
    let sequence: Int64
    let run: String
    let target: Target
    var next: Timestamp
    var attempts = 0
    var isClaimed = false
    var isSettled = false
    var isBackingOff = false
  }

  private(set) var state: DispatcherState
  private(set) var rows: [Row] = []
  private(set) var underWay: [DestinationQueue.Start] = []
  private(set) var now = Timestamp(milliseconds: 1_766_000_000_000)
  private(set) var breaches: [String] = []
  private(set) var started: [Target: [Duration]] = [:]
  private var uptime: Duration = .seconds(1_000)
  private var followed: Duration = .zero
  private var states: [String: DestinationState] = [:]
  private var plan: DeliveryPlan

  struct Unreadable: Error {}

  /// - Parameter destinations: members of a rules file, JSON.
  static func plan(_ destinations: String, concurrency: [Lane: Int] = [:]) throws -> DeliveryPlan {
    let text = """
      {"version": 1, "destinations": {\(destinations)}, "rules": [{"name": "r", "actions": [{"shell": "true"}]}]}
      """
    guard let file = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:])).0 else {
      throw Unreadable()
    }
    return DeliveryPlan(file.destinations, concurrency: concurrency)
  }

  /// - Parameter roles: of a process that shares the state with others, and has all of the plan's destinations to begin with.
  init(_ plan: DeliveryPlan, fingerprints: [String: String] = [:], sharedAs roles: Set<Role>? = nil) {
    self.plan = plan
    state = DispatcherState(plan, sharedAs: roles)
    state.begin(with: plan)
    if roles != nil { hold(TargetShare(held: Set(plan.destinations.keys.map(Target.destination)))) }
    use(plan, fingerprints: fingerprints)
  }

  @discardableResult
  mutating func hold(_ share: TargetShare) -> Set<Target> { state.hold(share, at: moment) }

  mutating func giveUp(_ targets: Set<Target>) { state.gaveUp(targets) }

  var moment: DispatcherState.Moment { .init(now: now, uptime: uptime, followed: followed) }
  var unsettled: Int { rows.count { !$0.isSettled } }

  mutating func use(_ plan: DeliveryPlan, fingerprints: [String: String] = [:]) {
    self.plan = plan
    let fingerprints = Dictionary(uniqueKeysWithValues: plan.destinations.keys.map { ($0, fingerprints[$0] ?? $0) })
    for (name, state) in states where fingerprints[name].map({ $0 != state.fingerprint }) ?? false {
      states[name] = nil
    }
    state.use(plan, Array(states.values), fingerprints, at: now)
    let backingOff = Set(rows.filter { !$0.isSettled && $0.isBackingOff && $0.next > now }.map(\.target))
    release(state.noteBackingOff(backingOff))
    state.noteMissing(Dictionary(grouping: rows.filter { !$0.isSettled }, by: \.target).mapValues(\.count))
  }

  mutating func add(_ count: Int = 1, run: String, to target: Target) {
    for _ in 0..<count {
      rows.append(Row(sequence: Int64(rows.count + 1), run: run, target: target, next: now))
    }
    state.noteNews()
  }

  mutating func pass(_ duration: Duration) {
    (now, uptime) = (now + duration, uptime + duration)
  }

  /// Somebody sets the clock.
  mutating func step(by step: Duration) {
    (now, followed) = (now + step, followed + step)
    state.move(by: step)
    for index in rows.indices { rows[index].next = rows[index].next + step }
    for name in states.keys { states[name]?.move(by: step) }
    state.moved(at: uptime)
  }

  /// What the dispatcher does between two waits.
  mutating func look() {
    if state.mustHurry(at: uptime) { state.noteNews() }
    let looks = state.look(at: now)
    if looks {
      let heads = heads
      let due = rows.filter { heads.contains($0.sequence) && !$0.isClaimed && $0.next <= now }
      state.noteNextDue(rows.filter { !$0.isSettled && $0.next > now }.map(\.next).min())
      _ = state.noteDue(Set(due.map(\.target)).sorted(), at: now)
    }
    _ = state.expired(at: uptime)
    for target in state.targets {
      guard let reading = state.reading(of: target, at: now) else { continue }
      state.add(read(reading), reading)
    }
    if state.hasReleases { commit() }
  }

  /// Starts what may start, and returns how many did.
  @discardableResult
  mutating func startAll() -> Int {
    let before = underWay.count
    for target in state.targets {
      while let start = state.start(target, at: moment) { begin(start) }
    }
    return underWay.count - before
  }

  private mutating func begin(_ start: DestinationQueue.Start) {
    let delivery = start.delivery
    let row = rows[Int(delivery.sequence) - 1]
    let target = delivery.destination
    if underWay.contains(where: { $0.delivery.sequence == delivery.sequence }) {
      breaches.append("\(delivery.sequence) is under way twice")
    }
    if row.isSettled || row.attempts + (row.isClaimed ? 0 : 1) != delivery.attempt {
      breaches.append("\(delivery.sequence) goes again before its end is written down")
    }
    if plan.isMissing(target) { breaches.append("\(delivery.sequence) goes to \(target), which isn't there") }
    if isWaiting(row) { breaches.append("\(delivery.sequence) overtakes another of \(row.run)") }
    underWay.append(start)
    let most = plan.settings(of: target)?.common.concurrency ?? concurrency(of: target)
    let count = underWay.count { $0.delivery.destination == target }
    if count > most { breaches.append("\(count) at once at \(target), which takes \(most)") }
    started[target, default: []].append(uptime)
  }

  private func concurrency(of target: Target) -> Int {
    if case .lane(let lane) = target { plan.concurrency(of: lane) } else { 0 }
  }

  mutating func end(_ result: AttemptResult, at index: Int = 0, randomness: Double = 0.5) {
    let start = underWay.remove(at: index)
    _ = state.end(start, result, at: moment, randomness: .init(probe: randomness, retry: randomness))
  }

  mutating func commit() {
    guard state.beginCommits() else { return }
    while let batch = state.nextBatch() { state.settled(batch, settle(batch)) }
    state.endCommits()
  }

  private mutating func settle(_ batch: SettlementBatch) -> SettlementResult {
    for settled in batch.attempts {
      let index = Int(settled.delivery.sequence) - 1
      let made = settled.record == nil ? settled.delivery.attempt - 1 : settled.delivery.attempt
      (rows[index].isClaimed, rows[index].isBackingOff) = (false, false)
      switch settled.settlement {
      case .delivered, .dead: rows[index].isSettled = true
      case .retry(let next, _):
        (rows[index].attempts, rows[index].next, rows[index].isBackingOff) = (made, next, true)
      case .deferred(let next, _): (rows[index].attempts, rows[index].next) = (made, next)
      case .interrupted: rows[index].attempts = settled.delivery.attempt - 1
      }
    }
    for state in batch.destinations { states[state.name] = state }
    release(batch.releases)
    let freed = batch.attempts.contains { settled in
      let row = rows[Int(settled.delivery.sequence) - 1]
      return row.isSettled && rows.contains { !$0.isSettled && $0.run == row.run && $0.target == row.target }
    }
    return SettlementResult(mayHaveFreed: freed || !batch.releases.isEmpty)
  }

  private mutating func release(_ targets: Set<Target>) {
    for index in rows.indices where targets.contains(rows[index].target) && rows[index].isBackingOff {
      (rows[index].next, rows[index].isBackingOff) = (min(now, rows[index].next), false)
    }
  }

  private func isWaiting(_ row: Row) -> Bool { !heads.contains(row.sequence) }

  /// Of each run the first delivery to each target that hasn't settled: the others wait for it.
  private var heads: Set<Int64> {
    struct Line: Hashable {
      let run: String
      let target: Target
    }
    var (seen, heads) = (Set<Line>(), Set<Int64>())
    for row in rows where !row.isSettled && seen.insert(Line(run: row.run, target: row.target)).inserted {
      heads.insert(row.sequence)
    }
    return heads
  }

  private mutating func read(_ reading: DispatcherState.Reading) -> [ClaimedDelivery] {
    let heads = heads
    let free = rows.filter { row in
      heads.contains(row.sequence) && row.target == reading.target && !row.isClaimed
        && !reading.underWay.contains(row.sequence)
    }
    switch reading.wanted {
    case .nothing: return []
    case .probe: return free.prefix(1).map { claimed($0, at: nil) }
    case .due(let limit, let place):
      let due = free.filter { row in
        row.next <= now && (place.map { (row.next, row.sequence) > ($0.dueAt, $0.sequence) } ?? true)
      }.sorted { ($0.next, $0.sequence) < ($1.next, $1.sequence) }.prefix(limit)
      guard reading.claims else { return due.map { claimed($0, at: nil) } }
      for row in due {
        rows[Int(row.sequence) - 1].isClaimed = true
        rows[Int(row.sequence) - 1].attempts += 1
      }
      return due.map { claimed($0, at: now) }
    }
  }

  private func claimed(_ row: Row, at claimedAt: Timestamp?) -> ClaimedDelivery {
    var delivery = ClaimedDelivery(
      sequence: row.sequence, id: "m\(row.sequence)", eventID: "e", runID: row.run, rule: "r", action: "1",
      destination: row.target, content: .event, event: [], continuation: nil, isOnce: false, attempt: row.attempts + 1,
      createdAt: now, retryFrom: now, attemptsBefore: 0, claimedAt: claimedAt, timeout: nil, retryFor: nil,
      defers: false)
    if claimedAt == nil { delivery.dueAt = row.next }
    return delivery
  }
}
