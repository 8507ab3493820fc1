import Rules
import Runs
import TestSupport
import Testing

@testable import Delivery
@testable import Storage

/// Random histories of a destination, in virtual days: outages of a second to three days, answers of all kinds, pauses it asks
/// for, restarts, deliveries that come and wait. Whatever happened, one that is well is used within a minute, and one that
/// isn't is left alone but for one request a minute.
@Suite struct RecoveryModelTests {
  @Test(arguments: Effort.seeds(8, thorough: 300))
  func `a destination that is well is used within a minute, and one that fails gets one request a minute`(seed: UInt64)
  {
    var life = LaneLife(seed: seed)
    life.live()
    #expect(life.mistakes.isEmpty, "seed \(seed): \(life.mistakes.prefix(3))")
    #expect(life.delivered > 0, "seed \(seed)")
  }
}

/// A destination as it behaves, and a lane with an outbox in memory, driven as the dispatcher does.
private struct LaneLife {
  private struct Row {
    let sequence: Int64
    var next: Timestamp
    var backsOff = false
    var isQuiet = false
    var attempts = 0
    var isSettled = false
  }

  private struct Flight {
    let start: DestinationQueue.Start
    let endsAt: Timestamp
    let outcome: Outcome
    let hold: Duration?
  }

  private static let dawn = Timestamp(milliseconds: 1_766_000_000_000)

  private var random: SeededGenerator
  private let concurrency: Int
  private let limit: RateLimit?
  private let policy = RetryPolicy(retryFor: .seconds(30 * 86_400))
  private var now = Self.dawn
  private var lane: DestinationQueue
  private var rows: [Row] = []
  private var flights: [Flight] = []
  private var nextDue: Timestamp?

  /// The world: since when it has been well or ill, and until when it asked to be left alone.
  private var isWell = true
  private var since = Self.dawn
  private var heldUntil = Self.dawn
  private var latency: Duration = .milliseconds(5)
  private var answers: [Outcome] = []
  /// Deliveries that were waiting when it became well, and whether one has arrived since.
  private var waiting = 0
  private var isUsed = true
  /// Requests since the breaker opened, and when that was.
  private var intoOutage: [Timestamp] = []
  /// A probe that a kill cut off is made again.
  private var restarts = 0

  private(set) var delivered = 0
  private(set) var mistakes: [String] = []

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    concurrency = Int.random(in: 1...8, using: &random)
    limit =
      Bool.random(using: &random) ? RateLimit(count: Int.random(in: 1...5, using: &random), per: .seconds(1)) : nil
    lane = Self.newLane(concurrency, limit, DestinationState(name: "d", fingerprint: "f"), Self.dawn)
    self.random = random
  }

  private static func newLane(_ concurrency: Int, _ limit: RateLimit?, _ state: DestinationState, _ now: Timestamp)
    -> DestinationQueue
  {
    DestinationQueue(
      gate: AdmissionPolicy(concurrency: concurrency, rateLimit: limit, state: state, now: now),
      TargetType(of: .webhook), claims: false, paced: limit?.count)
  }

  mutating func live() {
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      turn(well: false)
      let outage = Duration.milliseconds(Int64(1_000 * pow2(Double.random(in: 0...18, using: &random))))
      come(Int.random(in: 1...12, using: &random))
      pass(outage)
      turn(well: true)
      pass(max(heldUntil - now, .zero) + .seconds(.random(in: 90...400, using: &random)))
      checkAllWent()
    }
  }

  private func pow2(_ exponent: Double) -> Double {
    (0..<Int(exponent)).reduce(1.0 + (exponent - exponent.rounded(.down))) { product, _ in product * 2 }
  }

  private mutating func turn(well: Bool) {
    (isWell, since) = (well, now)
    (intoOutage, restarts) = ([], 0)
    waiting = rows.count { !$0.isSettled && !$0.isQuiet }
    isUsed = waiting == 0
    latency = .milliseconds(Int64.random(in: 0..<4, using: &random) == 0 ? 15_000 : 5)
    if well { latency = .milliseconds(5) }
    answers =
      [
        [.retry(.serverError, after: nil)], [.retry(.timedOut, after: nil), .retry(.unreachable, after: nil)],
        [.retry(.serverError, after: nil), .retry(.rateLimited, after: nil)],
      ].randomElement(using: &random) ?? []
  }

  /// New deliveries, some of which wait for the morning.
  private mutating func come(_ count: Int) {
    for _ in 0..<count {
      let isQuiet = Int.random(in: 0..<8, using: &random) == 0
      rows.append(
        Row(
          sequence: Int64(rows.count + 1), next: isQuiet ? now + .seconds(400_000) : now, isQuiet: isQuiet))
    }
    lane.noteDue()
  }

  private mutating func pass(_ duration: Duration) {
    let end = now + duration
    while mistakes.isEmpty {
      look()
      guard let next = nextMoment(), next <= end else { break }
      now = max(now, next)
      endFlights()
      if Int.random(in: 0..<40, using: &random) == 0 { restart() }
      if !isWell, Int.random(in: 0..<60, using: &random) == 0 { come(1) }
    }
    now = end
    endFlights()
  }

  private func nextMoment() -> Timestamp? {
    ([lane.nextOpening(at: now), nextDue] + flights.map(\.endsAt)).compactMap(\.self).filter { $0 > now }.min()
  }

  /// What the dispatcher does each time it wakes.
  private mutating func look() {
    if nextDue.map({ $0 <= now }) ?? true, rows.contains(where: isDue) { lane.noteDue() }
    for _ in 0..<100 {
      if lane.gate.release(at: now) { letGo() }
      let wanted = lane.reading(at: now)
      read(wanted)
      guard start() || wanted != .nothing else { break }
    }
    nextDue = rows.filter { !$0.isSettled && $0.next > now }.map(\.next).min()
  }

  private func isDue(_ row: Row) -> Bool { !row.isSettled && row.next <= now }

  private mutating func read(_ wanted: DestinationQueue.Reading) {
    let free = rows.filter { !$0.isSettled && !lane.underWay.contains($0.sequence) }
    let found: ArraySlice<Row>
    switch wanted {
    case .nothing: return
    case .due(let count, let place):
      found = free.filter { isDue($0) && Self.isBehind(place, $0) }.sorted {
        ($0.next, $0.sequence) < ($1.next, $1.sequence)
      }[...].prefix(count)
    case .probe:
      found = free.filter { isDue($0) || $0.backsOff }.sorted { ($0.next, $0.sequence) < ($1.next, $1.sequence) }[...]
        .prefix(1)
    }
    lane.add(found.map(Self.claimed), of: wanted, generation: lane.generation)
  }

  private static func isBehind(_ place: DuePlace?, _ row: Row) -> Bool {
    place.map { (row.next, row.sequence) > ($0.dueAt, $0.sequence) } ?? true
  }

  private static func claimed(_ row: Row) -> ClaimedDelivery {
    var delivery = ClaimedDelivery(
      sequence: row.sequence, id: "m\(row.sequence)", eventID: "e", runID: "r\(row.sequence)", rule: "r", action: "a",
      destination: "d", content: .event, event: [], continuation: nil, isOnce: false, attempt: row.attempts + 1,
      createdAt: dawn, retryFrom: dawn, attemptsBefore: 0, claimedAt: nil, timeout: nil, retryFor: nil, defers: false)
    delivery.dueAt = row.next
    return delivery
  }

  private mutating func start() -> Bool {
    var hasStarted = false
    while let start = lane.start(at: now) {
      hasStarted = true
      if now < heldUntil { mistakes.append("a request \(heldUntil - now) before the pause was over") }
      if lane.gate.isFailing, !isWell { noteIntoOutage() }
      if lane.gate.isFailing, start.pass != .probe { mistakes.append("not a probe") }
      let (outcome, hold) = answer()
      flights.append(Flight(start: start, endsAt: now + latency, outcome: outcome, hold: hold))
    }
    return hasStarted
  }

  /// At most one a minute, beside those with which it begins.
  private mutating func noteIntoOutage() {
    intoOutage.append(now)
    guard let first = intoOutage.first else { return }
    let minutes = Int((now - first).milliseconds / 60_000)
    if intoOutage.count > minutes + 3 + restarts { mistakes.append("\(intoOutage.count) requests in \(minutes) min") }
  }

  private mutating func answer() -> (Outcome, Duration?) {
    if isWell { return (.delivered, nil) }
    let outcome = answers.randomElement(using: &random) ?? .delivered
    guard case .retry = outcome, Int.random(in: 0..<12, using: &random) == 0 else { return (outcome, nil) }
    let hold = Duration.seconds(.random(in: 1...4_000, using: &random))
    return (.retry(.rateLimited, after: hold), hold)
  }

  private mutating func endFlights() {
    for flight in flights.filter({ $0.endsAt <= now }).sorted(by: { $0.endsAt < $1.endsAt }) { end(flight) }
    flights.removeAll { $0.endsAt <= now }
  }

  private mutating func end(_ flight: Flight) {
    let index = Int(flight.start.delivery.sequence) - 1
    let result = AttemptResult(outcome: flight.outcome, hold: flight.hold)
    _ = lane.gate.end(
      flight.start.pass, result, after: now - flight.start.startedAt, at: now,
      randomness: .random(in: 0..<1, using: &random))
    if let hold = flight.hold { heldUntil = max(heldUntil, now + hold) }
    switch flight.outcome {
    case .delivered:
      if rows[index].isSettled { mistakes.append("\(index) was sent twice") }
      rows[index].isSettled = true
      delivered += 1
      noteUse()
    case .retry(_, let after): backOff(index, after: after)
    case .interrupted, .rejected: break
    }
    lane.release(flight.start.delivery.sequence)
    lane.noteDue()
    if lane.gate.release(at: now) { letGo() }
    if flight.start.pass == .probe, case .retry = flight.outcome { lane.dropQueue() }
  }

  private mutating func backOff(_ index: Int, after: Duration?) {
    rows[index].attempts += 1
    let next = policy.next(
      after: rows[index].attempts, createdAt: Self.dawn, now: now, retryAfter: after,
      randomness: .random(in: 0..<1, using: &random))
    (rows[index].next, rows[index].backsOff) = (next ?? now, true)
    nextDue = min(nextDue ?? rows[index].next, rows[index].next)
    lane.gate.noteBackOff()
  }

  private mutating func letGo() {
    for index in rows.indices where rows[index].backsOff && !rows[index].isSettled && rows[index].next > now {
      (rows[index].next, rows[index].backsOff) = (now, false)
    }
    lane.noteDue()
  }

  private mutating func noteUse() {
    guard isWell, !isUsed else { return }
    isUsed = true
    let late = now - max(since, heldUntil)
    if late > .seconds(60) + latency { mistakes.append("used \(late) after it was well") }
  }

  /// A process that ends and another that begins: nothing is kept but what is written down.
  private mutating func restart() {
    flights = []
    restarts += 1
    lane = Self.newLane(concurrency, limit, lane.gate.state, now)
    lane.noteDue()
    nextDue = nil
    guard rows.contains(where: { !$0.isSettled && $0.backsOff && $0.next > now }) else { return }
    lane.gate.noteBackOff()
    if lane.gate.state.failures == 0 { letGo() }
  }

  /// Within the minute, and a second for each that waited where it takes one a second.
  private mutating func checkAllWent() {
    let left = rows.count { !$0.isSettled && !$0.isQuiet }
    guard mistakes.isEmpty, now - max(since, heldUntil) > .seconds(65 + waiting) else { return }
    if left > 0 { mistakes.append("\(left) still wait \(now - since) after it was well") }
  }
}
