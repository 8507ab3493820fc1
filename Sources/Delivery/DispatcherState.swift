internal import Rules
internal import Runs
internal import Storage

/// Everything that the dispatcher decides: what may be read, what may start, what an end means for its destination, what is to be
/// written down together, and when to look again. Events come in, what is to be done goes out; it does nothing itself, has no clock,
/// and draws no lots.
///
/// ``Dispatcher`` performs what this says, in this order: ``look(at:)``, then for every target ``reading(of:at:)`` and what it
/// asks for, then ``start(_:at:)`` until it says no, then it waits until ``nextWake(at:)``. Meanwhile attempts end
/// (``end(_:_:at:randomness:)``) and are written down in batches (``nextBatch()``, ``settled(_:_:)``).
///
/// - Never more are under way at a destination than its concurrency, however often the rules change, nor faster than its pace.
/// - What is under way is remembered by its sequence until its end is durable, so that it is not read again.
/// - Answers that are known and not durable are at most ``maxUnwritten``: what a kill repeats beside what is under way.
struct DispatcherState: Sendable {
  static let maxUnwritten = 128
  /// Between two looks for what is too old.
  static let betweenExpiries: Duration = .seconds(60)
  /// How long others may take to write down what they began by the clock as it was.
  private static let patience: Duration = .seconds(5)

  private(set) var plan: DeliveryPlan
  /// Destinations that deliveries wait for and that the rules file doesn't have.
  private(set) var missing: Set<Target> = []
  /// Deliveries that became dead letters in this process.
  private(set) var deadCount = 0
  private var queues: [Target: DestinationQueue] = [:]
  /// Nil: all targets are this process's.
  private var shares: HeldTargets?
  /// What has ended and is not being written down yet.
  private var ended = SettlementBatch()
  /// Attempts in the commit that is under way; nil: none is.
  private var committing: Int?
  /// Something may be due that was not at the last look.
  private var hasNews = true
  /// When the next delivery that is not due yet will be, as of the last look.
  private var nextDue: Timestamp?
  /// When to look again for what is too old, by uptime; nil: at once.
  private var nextExpiry: Duration?
  /// When to look once more for what was written by the clock as it was before it was set, by uptime.
  private var hurryAt: Duration?

  /// - Parameter roles: of this process, where others share the state; nil: it is alone.
  init(_ plan: DeliveryPlan, sharedAs roles: Set<Role>? = nil) {
    self.plan = plan
    shares = roles.map(HeldTargets.init)
  }

  /// Another rules file's; nothing is under way.
  mutating func begin(with plan: DeliveryPlan) {
    self.plan = plan
    queues = [:]
  }

  /// - Parameters:
  ///   - states: what was known of the destinations when the last process ended, or when they left the rules file.
  ///   - fingerprints: of the plan's destinations, as far as they are this process's.
  ///   - idle: for how long nobody else has sent anything there, of those that another process had.
  mutating func use(
    _ plan: DeliveryPlan, _ states: [DestinationState], _ fingerprints: [String: String],
    idle: [Target: Duration] = [:], at now: Timestamp
  ) {
    self.plan = plan
    let states = Dictionary(states.map { ($0.name, $0) }) { first, _ in first }
    // Of what a destination was before.
    ended.destinations.removeAll { state in fingerprints[state.name].map { $0 != state.fingerprint } ?? false }
    for (name, settings) in plan.destinations {
      guard let fingerprint = fingerprints[name] else { continue }
      let (target, state) = (Target.destination(name), states[name])
      use(
        settings.common, for: target, TargetType(of: settings.kind),
        state ?? DestinationState(name: name, fingerprint: fingerprint), fingerprint, idle: idle[target], at: now)
    }
    for target in queues.keys {
      if case .lane(let lane) = target {
        queues[target]?.keep(concurrency: plan.concurrency(of: lane), rateLimit: nil, at: now)
      } else if plan.isMissing(target) {
        queues[target]?.retire()
      }
    }
    (nextExpiry, hasNews) = (nil, true)
  }

  private mutating func use(
    _ settings: CommonSettings, for target: Target, _ type: TargetType, _ state: DestinationState,
    _ fingerprint: String, idle: Duration?, at now: Timestamp
  ) {
    guard queues[target]?.gate.state.fingerprint != fingerprint else {
      queues[target]?.keep(concurrency: settings.concurrency, rateLimit: settings.rateLimit, at: now)
      return
    }
    let (limit, paced) = (settings.rateLimit, settings.rateLimit?.count)
    let gate = AdmissionPolicy(
      concurrency: settings.concurrency, rateLimit: limit, state: state, idle: idle, now: now)
    queues[target]?.become(gate, type, paced: paced, at: now)
    if queues[target] == nil { queues[target] = DestinationQueue(gate: gate, type, claims: false, paced: paced) }
  }

  /// The clock was set: everything that is written here moves with it.
  mutating func move(by step: Duration) {
    for target in queues.keys { queues[target]?.move(by: step) }
    ended.move(by: step)
    nextDue = nextDue.map { $0 + step }
  }

  /// What others wrote by the old clock meanwhile is to be looked for once more.
  mutating func moved(at uptime: Duration) {
    hurryAt = uptime + Self.patience
    hasNews = true
  }

  /// True once, when it is time to.
  mutating func mustHurry(at uptime: Duration) -> Bool {
    guard let hurryAt, uptime >= hurryAt else { return false }
    (self.hurryAt, hasNews) = (nil, true)
    return true
  }
}

// What comes from the outbox.
extension DispatcherState {
  mutating func noteNews() { hasNews = true }

  /// True when it is to be asked for which targets something is due: then ``noteDue(_:at:)`` and ``noteNextDue(_:)`` follow.
  mutating func look(at now: Timestamp) -> Bool {
    for target in queues.keys { release(target, at: now) }
    let isDue = hasNews || nextDue.map { $0 <= now } ?? false
    hasNews = false
    if isDue { nextDue = nil }
    return isDue
  }

  /// Returns those that the rules file doesn't have and that were not known to be missing.
  mutating func noteDue(_ targets: [Target], at now: Timestamp) -> [Target] {
    var new: [Target] = []
    for target in targets {
      guard plan.isMissing(target) || isOurs(target) else { continue }
      if plan.isMissing(target) {
        if missing.insert(target).inserted { new.append(target) }
        continue
      }
      open(target, at: now)
      queues[target]?.noteDue()
    }
    return new
  }

  /// The queue of what is done on this machine.
  private mutating func open(_ target: Target, at now: Timestamp) {
    guard queues[target] == nil, case .lane(let lane) = target else { return }
    let gate = AdmissionPolicy(
      concurrency: plan.concurrency(of: lane), rateLimit: nil, hasCircuit: false,
      state: DestinationState(name: lane.name, fingerprint: ""), now: now)
    queues[target] = DestinationQueue(
      gate: gate, TargetType(of: lane), claims: claims(lane), paced: nil)
  }

  /// A download that is cut off goes on where it was, and needn't be written down before it begins, unless others might begin it as well.
  private func claims(_ lane: Lane) -> Bool { lane.kind == .hook || (lane.kind == .download && shares != nil) }

  /// An attempt may have ended while it was asked, with a later one that the answer doesn't know.
  mutating func noteNextDue(_ moment: Timestamp?) { nextDue = [nextDue, moment].compactMap(\.self).min() }

  /// - Parameter waiting: how many wait, by target.
  mutating func noteMissing(_ waiting: [Target: Int]) {
    missing = Set(waiting.keys.filter(plan.isMissing))
  }

  /// - Parameter targets: for which something backs off.
  /// - Returns: those that don't fail, whose back-off is pointless.
  mutating func noteBackingOff(_ targets: Set<Target>) -> Set<Target> {
    for target in targets { queues[target]?.gate.noteBackOff() }
    return targets.filter { queues[$0]?.gate.state.failures == 0 }
  }

  /// Somebody may have asked for a destination to be probed.
  var asksForProbes: Bool {
    queues.values.contains { $0.gate.state.failures > 0 || $0.gate.state.holdUntil != nil }
  }

  mutating func probe(_ targets: Set<Target>, at now: Timestamp) {
    for target in targets { queues[target]?.gate.probeNow(at: now) }
  }

  var targets: [Target] { Array(queues.keys) }

  /// Nil: nothing is to be read.
  func reading(of target: Target, at now: Timestamp) -> Reading? {
    guard isOurs(target), let queue = queues[target], case let wanted = queue.reading(at: now), wanted != .nothing
    else { return nil }
    return Reading(
      target: target, wanted: wanted, claims: queue.claims, underWay: queue.underWay, generation: queue.generation)
  }

  mutating func add(_ deliveries: [ClaimedDelivery], _ reading: Reading) {
    queues[reading.target]?.add(deliveries, of: reading.wanted, generation: reading.generation)
  }

  /// What has waited longer than it may for a destination that fails, has stopped, or isn't in the rules file: there hardly anything
  /// is attempted, and elsewhere it is an attempt that ends the old.
  mutating func expired(at uptime: Duration) -> [BulkDeadLetter] {
    if let next = nextExpiry, uptime < next { return [] }
    nextExpiry = uptime + Self.betweenExpiries
    var reasons = missing.map { ($0, "given up, the rules file had no destination \($0) until its time was over") }
    for (target, queue) in queues where queue.gate.isFailing && !queue.isRetired {
      let failure = queue.lastFailure.map { ": \($0)" } ?? ""
      let state =
        queue.gate.state.stoppedReason.map { "has been stopped until its time was over: \($0)" }
        ?? "has failed until its time was over\(failure)"
      reasons.append((target, "given up, the destination \(state)"))
    }
    return reasons.map { target, reason in
      queues[target]?.dropQueue()
      return BulkDeadLetter(
        destination: target, reason: reason, olderThan: plan.retryFor(target), sparing: queues[target]?.underWay ?? [])
    }
  }
}

// What several processes share.
extension DispatcherState {
  /// It is sent to by this process, and not about to be another's.
  func isOurs(_ target: Target) -> Bool { shares?.contains(target) ?? true }

  /// True when it is to be asked how the targets are shared out: then ``hold(_:at:)`` follows.
  func mustShare(at uptime: Duration) -> Bool { shares?.isDue(at: uptime) ?? false }

  /// Returns those that are this process's since now: ``use(_:_:_:idle:at:)`` follows for them.
  mutating func hold(_ share: TargetShare, at moment: Moment) -> Set<Target> {
    // Whatever rang no bell here is found now.
    hasNews = true
    let busy = queues.filter { $0.value.isActive(at: moment.now) }
    let new = shares?.take(share, busy: { busy[$0] != nil }, at: moment.uptime) ?? []
    for target in shares?.leaving ?? [] where queues[target]?.claims == false { queues[target]?.dropQueue() }
    return new
  }

  /// Where nothing is under way any more, of what is to be another process's. ``gaveUp(_:)-(Set<Target>)`` follows.
  ///
  /// What has ended there counts as under way until it is durable, and with it what it meant for the destination. Others that are busy
  /// all the time don't keep it.
  func vacated() -> Set<Target> {
    shares?.leaving.filter { target in
      queues[target]?.underWay.isEmpty ?? true && !ended.destinations.contains { $0.name == target.name }
    } ?? []
  }

  mutating func gaveUp(_ targets: Set<Target>) {
    shares?.gaveUp(targets)
    for target in targets { queues[target] = nil }
  }
}

// Attempts.
extension DispatcherState {
  /// The next attempt at a target if one may go now. What has been claimed must start, or it would count as an attempt that never
  /// was.
  mutating func start(_ target: Target, at moment: Moment) -> DestinationQueue.Start? {
    // What has been claimed starts.
    guard isOurs(target) || queues[target]?.claims == true else { return nil }
    guard queues[target]?.claims == true || ended.attempts.count + (committing ?? 0) < Self.maxUnwritten else {
      return nil
    }
    return queues[target]?.start(at: moment.now, begin: moment.uptime, followed: moment.followed)
  }

  /// Frees the slot, and puts what is to be written down where the next batch takes it.
  ///
  /// - Parameter result: redacted, as it is kept; `step` as it goes on.
  mutating func end(
    _ start: DestinationQueue.Start, _ result: AttemptResult, at moment: Moment, randomness: Randomness
  ) -> [Note] {
    let (now, took) = (moment.now, moment.uptime - start.begin)
    var (delivery, result) = (start.delivery, result)
    // The clock may have been set while it was under way.
    delivery.retryFrom = delivery.retryFrom + (moment.followed - start.followed)
    let target = delivery.destination
    let record = AttemptRecord(
      number: delivery.attempt, startedAt: start.startedAt, finishedAt: now, outcome: result.outcome.word,
      code: result.code, detail: result.detail, output: result.output)
    let before = queues[target]?.gate.state
    var notes: [Note] = []
    notes.reserveCapacity(3)
    if queues[target]?.end(start, result, after: took, at: now, randomness: randomness.probe) == true, let before {
      notes += noteChange(of: target, before, at: now)
    }
    release(target, at: now)
    // What asks a stopped destination whether it still is must not die of the answer.
    if result.outcome == .rejected(.gone), before?.stoppedAt != nil, start.pass == .probe {
      result.outcome = .retry(.gone, after: nil)
    }
    let settlement = plan.settlement(of: delivery, result.outcome, record, randomness: randomness.retry)
    notes.append(.attempt(result.outcome, at: start.type, took: took))
    notes.append(.settled(delivery, settlement, number: record.number, took: took))
    if settlement == .interrupted, delivery.claimedAt == nil {
      queues[target]?.release(delivery.sequence)
      queues[target]?.noteDue()
    } else {
      let next = plan.next(after: delivery, settlement, result.step, at: now)
      let isAttempt = result.outcome != .retry(.wrongForm, after: AttemptMaker.formPause)
      ended.attempts.append(
        SettledAttempt(delivery, settlement, isAttempt ? record : nil, next: next, posted: result.posted))
    }
    return notes
  }

  /// The state of a destination is another one: it is written together with what caused it.
  private mutating func noteChange(of target: Target, _ before: DestinationState, at now: Timestamp) -> [Note] {
    guard let gate = queues[target]?.gate else { return [] }
    ended.destinations.removeAll { $0.name == target.name }
    ended.destinations.append(gate.state)
    // It waits in the outbox, where `replay --to` can send it elsewhere.
    if gate.isFailing { queues[target]?.dropQueue() }
    if before.stoppedAt == nil, let event = plan.stopEvent(gate.state, at: now) { ended.events.append(event) }
    return [.destination(gate.state, before: before)]
  }

  /// Once a destination is seen to work: it is written down together with the success that showed it.
  private mutating func release(_ target: Target, at now: Timestamp) {
    if queues[target]?.gate.release(at: now) == true { ended.releases.insert(target) }
  }
}

// What is written down.
extension DispatcherState {
  /// Something waits to be written down, and nobody is at it.
  var wantsCommit: Bool { committing == nil && !ended.isEmpty }

  var hasReleases: Bool { !ended.releases.isEmpty }

  /// Of one commit after the other until it says nil; ``settled(_:_:)`` comes between two.
  mutating func nextBatch() -> SettlementBatch? {
    guard !ended.isEmpty else { return nil }
    defer { ended = SettlementBatch() }
    committing = ended.attempts.count
    return ended
  }

  /// True when the commits may begin: until ``endCommits()`` nobody else begins any.
  mutating func beginCommits() -> Bool {
    guard committing == nil else { return false }
    committing = 0
    return true
  }

  mutating func endCommits() { committing = nil }

  /// The batch is durable.
  mutating func settled(_ batch: SettlementBatch, _ result: SettlementResult) {
    committing = 0
    for settled in batch.attempts {
      let target = settled.delivery.destination
      queues[target]?.release(settled.delivery.sequence)
      switch settled.settlement {
      case .retry(let next, _):
        nextDue = min(nextDue ?? next, next)
        queues[target]?.gate.noteBackOff()
      case .deferred(let next, _): nextDue = min(nextDue ?? next, next)
      case .interrupted: hasNews = true
      case .dead: deadCount += 1
      case .delivered: break
      }
    }
    if result.mayHaveFreed { hasNews = true }
  }

  /// What died without an attempt is durable: `buried` of it.
  mutating func gaveUp(_ result: SettlementResult) {
    deadCount += result.buried
    if result.mayHaveFreed { hasNews = true }
  }
}

// When to look again.
extension DispatcherState {
  /// Nothing is under way, to be written down, or due.
  func isIdle(at now: Timestamp) -> Bool {
    ended.isEmpty && committing == nil && !hasNews && !queues.values.contains { $0.isActive(at: now) }
  }

  /// Nothing is under way or to be written down.
  var isAtRest: Bool { ended.isEmpty && committing == nil && queues.values.allSatisfy { $0.gate.inUse == 0 } }

  /// How many wait for what this process can't use: a destination that the rules file doesn't have, or one that has stopped and is
  /// asked once a day. Nil: others wait as well.
  ///
  /// - Parameter waiting: how many wait, by target.
  func stuck(of waiting: [Target: Int]) -> Int? {
    let stuck = waiting.filter { plan.isMissing($0.key) || queues[$0.key]?.gate.isStopped == true }
    return stuck.count == waiting.count ? stuck.values.reduce(0, +) : nil
  }

  /// When a delivery becomes due, a gate opens, or the time of something is over; nil: only an event can change anything.
  func nextWake(at moment: Moment) -> Timestamp? {
    let openings = queues.values.map { $0.nextOpening(at: moment.now) }
    // Moments have whole milliseconds: rounded down, it would be before that time.
    let share = shares.map { moment.now + $0.wait(at: moment.uptime) + .milliseconds(1) }
    return (openings + [nextDue, nextExpiry(at: moment), share]).compactMap(\.self).min()
  }

  private func nextExpiry(at moment: Moment) -> Timestamp? {
    guard let nextExpiry, !missing.isEmpty || queues.values.contains(where: { $0.gate.isFailing }) else { return nil }
    // Moments have whole milliseconds: rounded down, it would be before that time.
    return moment.now + max(.zero, nextExpiry - moment.uptime) + .milliseconds(1)
  }
}
