import Runs
import Storage
import TestSupport

/// What a store must look like from outside, in memory and as plainly as it can be said.
actor ModelStore: StateStore {
  struct Item {
    let sequence: Int64
    let new: NewDelivery
    /// Where it goes now.
    var destination: Target
    let event: RunEvent
    var createdAt: Timestamp
    var retryFrom: Timestamp
    var status = DeliveryStatus.pending
    var attempts = 0
    var next: Timestamp?
    /// `next` was put off by a back-off.
    var isBackingOff = false
    /// Or by quiet hours.
    var isQuiet = false
    var claimedAt: Timestamp?
    var settledAt: Timestamp?
    var reason: String?
    var log: [AttemptRecord] = []
    var replays: [Timestamp] = []
    /// Of the digest that it is; then it is of no run.
    var digest: String?
    var attemptsBefore = 0

    /// The sequence of the first step of its chain.
    var rank: Int64 = 0

    /// Deliveries of one run go one after the other.
    var run: String { digest ?? event.runID }
    var isPutOff: Bool { isBackingOff || isQuiet }
    var isUnsettled: Bool { status == .pending || status == .claimed }
  }

  var items: [Item] = []
  var model = ModelLedger()
  var seen: [(event: RunEvent, seenAt: Timestamp, rules: String?)] = []
  var files: [String: [UInt8]] = [:]
  var states: [String: DestinationState] = [:]
  var digests: [Digest] = []
  var names: KnownNames?
  var probeRequests: Set<Target> = []
  var saved: ClockReading?
  var history = ClockHistory()
  var news: StateNews = .outside
  var allSilences: [Silence] = []
  /// The newest last.
  var allActs: [Act] = []
  var held: [HeldBack] = []
  var windows: [CooldownWindow] = []
  var lastBeat: Heartbeat?
  var messages: [(posted: PostedMessage, usedAt: Timestamp)] = []

  func ledger(organization: String) -> Ledger { model.ledger(organization: organization) }

  func commit(_ sweep: SweepCommit) -> (events: Int, deliveries: Int) {
    let known = items.count
    let fresh = model.commit(sweep)
    seen += fresh.map { ($0.event, sweep.time, sweep.rules) }
    for new in fresh {
      insert(new, at: sweep.time)
      restrain(new, at: sweep.time)
    }
    return (fresh.count, items.count - known)
  }

  func insert(_ new: NewEvent, at now: Timestamp) {
    for delivery in new.deliveries where !items.contains(where: { $0.new.id == delivery.id }) {
      let sequence = (items.last?.sequence ?? 0) + 1
      items.append(
        Item(
          sequence: sequence, new: delivery, destination: delivery.destination, event: new.event, createdAt: now,
          retryFrom: delivery.notBefore ?? now, next: delivery.notBefore ?? now, isQuiet: delivery.notBefore != nil,
          rank: items.first { $0.new.id == delivery.link?.parent }?.rank ?? sequence))
    }
    for entry in new.digests { collect(new.event, entry, now) }
  }

  nonisolated var name: String { "model" }
  nonisolated var file: String? { nil }

  nonisolated func endSoon() {}

  nonisolated func close() {}
}
