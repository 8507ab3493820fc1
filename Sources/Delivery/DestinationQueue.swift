internal import Rules
internal import Runs
internal import Storage

/// One destination in the dispatcher's memory: its gate, and the deliveries that were read ahead for it.
struct DestinationQueue: Sendable {
  /// Deliveries that are read ahead at most, so that reading is one statement for many and memory stays small. PostgreSQL takes about a
  /// millisecond for a read, whatever it brings: with 64 a delivery costs 8 % more.
  private static let maxAhead = 256

  /// What to read.
  enum Reading: Sendable, Equatable {
    case nothing
    /// So many that are due, behind this place.
    case due(Int, after: DuePlace?)
    /// The first, whether or not it is due.
    case probe
  }

  /// A delivery about to be attempted. A class, because it is handed on from one to the other until the attempt has ended.
  final class Start: Sendable {
    let delivery: ClaimedDelivery
    /// Of its destination as it is now.
    let type: TargetType
    let pass: AttemptRole
    let startedAt: Timestamp
    /// By the uptime.
    let begin: Duration
    /// What ``StateClock/followed`` was: by that the delivery's moments are.
    let followed: Duration
    /// See ``DestinationQueue/epoch``.
    let epoch: Int

    init(
      _ delivery: ClaimedDelivery, _ type: TargetType, _ pass: AttemptRole, at now: Timestamp, begin: Duration,
      followed: Duration, epoch: Int
    ) {
      (self.delivery, self.type, self.pass, startedAt) = (delivery, type, pass, now)
      (self.begin, self.followed, self.epoch) = (begin, followed, epoch)
    }
  }

  var gate: AdmissionPolicy
  private var type: TargetType
  /// How many other destinations had this name before, in this process.
  private(set) var epoch = 0
  /// The rules file has no such destination any more; what is under way goes on.
  private(set) var isRetired = false
  /// Hooks are claimed in the outbox before they start: a kill must not make them run again uncounted.
  let claims: Bool
  private var ahead: Int
  /// The last is the next to go.
  private var queue: [(delivery: ClaimedDelivery, isEarly: Bool)] = []
  /// By sequence: read ahead, being attempted, or ended and not yet written down.
  private(set) var underWay: Set<Int64> = []
  /// More may be due than was read.
  private(set) var mayHaveMore = false
  /// The last that was read, where all that is due was read so far in order; nil: something may be due before it.
  private var readTo: DuePlace?
  /// What the last attempt that failed came to, for those whose time is over meanwhile; nil: none did in this process.
  var lastFailure: String?
  /// Of the queue: what was read for an earlier one is out of date.
  private(set) var generation = 0

  /// - Parameter paced: how many the pace lets through at once, if it has one.
  init(gate: AdmissionPolicy, _ type: TargetType, claims: Bool, paced: Int?) {
    self.gate = gate
    self.type = type
    self.claims = claims
    ahead = Self.ahead(paced)
  }

  private static func ahead(_ paced: Int?) -> Int { min(maxAhead, paced ?? maxAhead) }

  /// Something may be due that wasn't when it was read last, wherever it stands.
  mutating func noteDue() {
    mayHaveMore = true
    readTo = nil
  }

  func reading(at now: Timestamp) -> Reading {
    if isRetired { return .nothing }
    if probeAt(now) == now { return .probe }
    guard mayHaveMore, !gate.isFailing else { return .nothing }
    switch gate.opening(at: now) {
    case .held: return .nothing
    case .now(let count) where claims: return .due(count, after: nil)
    case .now, .paced, .busy:
      return claims || queue.count > ahead / 2 ? .nothing : .due(ahead - queue.count, after: readTo)
    }
  }

  /// When to take a delivery out of its order, for nothing is being tried and the destination may work; nil: it isn't needed.
  private func probeAt(_ now: Timestamp) -> Timestamp? {
    guard !isRetired, queue.isEmpty, gate.isBackingOff || (mayHaveMore && gate.isFailing) else { return nil }
    // What is due comes first, and is as good.
    return !gate.isFailing && mayHaveMore ? nil : gate.probeAt(now)
  }

  /// - Parameter generation: when the reading began.
  mutating func add(_ deliveries: [ClaimedDelivery], of wanted: Reading, generation: Int) {
    guard generation == self.generation else { return }
    switch wanted {
    case .nothing: return
    case .due(let count, _):
      readTo = deliveries.last.flatMap { last in last.dueAt.map { DuePlace(dueAt: $0, sequence: last.sequence) } }
      mayHaveMore =
        deliveries.count == count || deliveries.reduce(0) { $0 + $1.bytes } >= ClaimedDelivery.maxBytesAhead
    case .probe:
      if deliveries.isEmpty {
        gate.noteNothingWaits()
        mayHaveMore = false
      }
    }
    queue.insert(contentsOf: deliveries.reversed().map { ($0, wanted == .probe) }, at: 0)
    underWay.formUnion(deliveries.map(\.sequence))
  }

  /// Takes the next delivery if it may go now.
  ///
  /// - Parameters:
  ///   - begin: the uptime.
  ///   - followed: see ``Start/followed``.
  mutating func start(at now: Timestamp, begin: Duration = .zero, followed: Duration = .zero) -> Start? {
    guard !queue.isEmpty, case .now = gate.opening(at: now), let next = queue.popLast() else { return nil }
    return Start(
      next.delivery, type, gate.begin(at: now, isEarly: next.isEarly), at: now, begin: begin, followed: followed,
      epoch: epoch)
  }

  /// An attempt has ended. True when the state of the destination is another one by that.
  mutating func end(
    _ start: Start, _ result: AttemptResult, after took: Duration, at now: Timestamp, randomness: Double
  ) -> Bool {
    guard start.epoch == epoch else {
      gate.endFormer()
      return false
    }
    if case .retry = result.outcome { lastFailure = "\(result.outcome.word): \(result.detail)" }
    return gate.end(start.pass, result, after: took, at: now, randomness: randomness)
  }

  /// The clock was set.
  mutating func move(by step: Duration) {
    gate.move(by: step)
    readTo = nil
    for index in queue.indices { queue[index].delivery.retryFrom = queue[index].delivery.retryFrom + step }
  }

  /// Forgets what was read ahead; it is in the outbox.
  mutating func dropQueue() {
    underWay.subtract(queue.map(\.delivery.sequence))
    queue = []
    generation += 1
    noteDue()
  }

  /// An end is written down, or needs no writing.
  mutating func release(_ sequence: Int64) {
    underWay.remove(sequence)
  }

  /// When to look again if nothing ends until then; nil: no need to.
  func nextOpening(at now: Timestamp) -> Timestamp? {
    var moments = [gate.releaseAt, probeAt(now)]
    if hasWork {
      switch gate.opening(at: now) {
      case .paced(let until), .held(let until): moments.append(until)
      case .now, .busy: break
      }
    }
    return moments.compactMap(\.self).min()
  }

  /// Something waits that goes as soon as the pace allows, or is under way. What is held waits for another day.
  func isActive(at now: Timestamp) -> Bool {
    if !underWay.isEmpty, underWay.count > queue.count { return true }
    if probeAt(now) == now { return true }
    guard hasWork else { return false }
    if case .held = gate.opening(at: now) { return false }
    return true
  }

  private var hasWork: Bool { !isRetired && (!queue.isEmpty || mayHaveMore) }
}

// The rules file is another one. What is under way goes on, and is remembered as such.
extension DestinationQueue {
  /// The same destination, maybe with other limits.
  mutating func keep(concurrency: Int, rateLimit: RateLimit?, at now: Timestamp) {
    gate.limit(concurrency: concurrency, rateLimit: rateLimit, at: now)
    ahead = Self.ahead(rateLimit?.count)
    isRetired = false
    noteDue()
  }

  /// Another destination under the same name.
  mutating func become(_ next: AdmissionPolicy, _ type: TargetType, paced: Int?, at now: Timestamp) {
    let former = gate
    gate = next
    self.type = type
    gate.succeed(former, at: now)
    ahead = Self.ahead(paced)
    epoch += 1
    (isRetired, lastFailure) = (false, nil)
    dropQueue()
  }

  /// It may be back: its pace goes on.
  mutating func retire() {
    dropQueue()
    isRetired = true
  }
}
