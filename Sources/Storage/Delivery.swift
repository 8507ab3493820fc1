package import Runs

/// `pending → claimed → delivered | dead`, and `claimed → pending` for a retry or an interruption.
package enum DeliveryStatus: String, Sendable, CaseIterable {
  case pending, claimed, delivered, dead
}

/// A delivery that this process is about to attempt.
package struct ClaimedDelivery: Sendable {
  /// Its place in the outbox, from 1.
  package let sequence: Int64
  /// Nil when it was claimed.
  package var dueAt: Timestamp?
  package let id: String
  package let eventID: String
  package let runID: String
  package let rule: String
  /// The action's `id`, or its place in the rule.
  package let action: String
  package let destination: Target
  package var content: DeliveryContent
  /// The event, JSON; empty when ``content`` is a body of its own, which nobody needs the event beside.
  package var event: [UInt8]
  /// What is to be done when it has settled, JSON; nil: nothing. Only who planned it can read it.
  package let continuation: [UInt8]?
  /// It must not be made again once it may have begun.
  package let isOnce: Bool
  /// 1 for the first. Of hooks, attempts that were cut off by a kill count.
  package let attempt: Int
  package let createdAt: Timestamp
  /// When the time for retries began: at the creation, or at the last replay.
  package var retryFrom: Timestamp
  /// Attempts that were made before the last replay.
  package let attemptsBefore: Int
  /// Nil when it was only read: ``StateStore/due(destination:limit:at:except:after:)``.
  package let claimedAt: Timestamp?
  package let timeout: Duration?
  package let retryFor: Duration?
  /// The quiet hours of its destination hold it back.
  package let defers: Bool
  /// Of a body: the type of destination that it was made for; nil when an earlier version made it.
  package var form: String?
  /// Of a body: it can be made anew from the event, for another type.
  package var isStandard = false
  package var sequel = Sequel.none
  /// The step before it; nil when it is the first of its chain.
  package var parent: String?
  /// The sequence of the first step of its chain. That of a later event of its run is greater, however long a step took.
  package var rank: Int64

  package init(
    sequence: Int64, id: String, eventID: String, runID: String, rule: String, action: String, destination: Target,
    content: DeliveryContent, event: [UInt8], continuation: [UInt8]?, isOnce: Bool, attempt: Int, createdAt: Timestamp,
    retryFrom: Timestamp, attemptsBefore: Int, claimedAt: Timestamp?, timeout: Duration?, retryFor: Duration?,
    defers: Bool, form: String? = nil, isStandard: Bool = false
  ) {
    self.sequence = sequence
    self.id = id
    self.eventID = eventID
    self.runID = runID
    self.rule = rule
    self.action = action
    self.destination = destination
    self.content = content
    self.event = event
    self.continuation = continuation
    self.isOnce = isOnce
    self.attempt = attempt
    self.createdAt = createdAt
    self.retryFrom = retryFrom
    self.attemptsBefore = attemptsBefore
    self.claimedAt = claimedAt
    self.timeout = timeout
    self.retryFor = retryFor
    self.defers = defers
    self.form = form
    self.isStandard = isStandard
    rank = sequence
  }
}

extension ClaimedDelivery {
  /// Read ahead for one destination at most, so that long documents don't fill the memory: 8 MiB, or one delivery if that is
  /// longer.
  package static let maxBytesAhead = 8 << 20

  /// What it holds of memory, about.
  package var bytes: Int {
    let body = if case .body(let bytes) = content { bytes.count } else { 0 }
    return event.count + body + (continuation?.count ?? 0)
  }
}

/// How an attempt ended, for the row.
package enum Settlement: Sendable, Equatable {
  case delivered
  /// Its back-off begins: due then, or as soon as its destination is seen to work.
  case retry(at: Timestamp, reason: String)
  /// The same, but its back-off would end in the quiet hours of its destination: due when those end, and not before.
  case deferred(at: Timestamp, reason: String)
  case dead(reason: String)
  /// We stopped it ourselves: due again at once, and not counted.
  case interrupted
}

/// An attempt that has ended.
package struct SettledAttempt: Sendable {
  package let delivery: ClaimedDelivery
  package let settlement: Settlement
  /// Nil: it is given up without an attempt.
  package let record: AttemptRecord?
  /// The steps that begin now that it has settled; those that are known already are left as they are.
  package let next: [NewDelivery]
  /// What is remembered of messages from now on.
  package let posted: [PostedMessage]

  package init(
    _ delivery: ClaimedDelivery, _ settlement: Settlement, _ record: AttemptRecord?, next: [NewDelivery] = [],
    posted: [PostedMessage] = []
  ) {
    self.delivery = delivery
    self.settlement = settlement
    self.record = record
    self.next = next
    self.posted = posted
  }
}

/// Everything that ended attempts change, to be committed together.
package struct SettlementBatch: Sendable {
  package var attempts: [SettledAttempt] = []
  /// What came about for whole destinations by these attempts.
  package var destinations: [DestinationState] = []
  package var burials: [BulkDeadLetter] = []
  /// Destinations that have been seen to work: the back-off of everything that waits for them ends now. This comes after the
  /// attempts of the batch.
  package var releases: Set<Target> = []
  /// News of our own, such as that a destination has stopped.
  package var events: [NewEvent] = []

  package init(_ attempts: [SettledAttempt] = []) {
    self.attempts = attempts
  }

  package var isEmpty: Bool {
    attempts.isEmpty && destinations.isEmpty && burials.isEmpty && releases.isEmpty && events.isEmpty
  }
}

extension SettlementBatch {
  /// The clock was set: what is to be written down moves with what is written.
  package mutating func move(by step: Duration) {
    attempts = attempts.map { settled in
      SettledAttempt(
        settled.delivery, settled.settlement.moved(by: step), settled.record, next: settled.next, posted: settled.posted
      )
    }
    for index in destinations.indices { destinations[index].move(by: step) }
  }
}

extension Settlement {
  /// Pending again, after an attempt that counts.
  package var isRepeated: Bool {
    switch self {
    case .retry, .deferred: true
    case .delivered, .dead, .interrupted: false
    }
  }

  fileprivate func moved(by step: Duration) -> Settlement {
    switch self {
    case .retry(let next, let reason): .retry(at: next + step, reason: reason)
    case .deferred(let next, let reason): .deferred(at: next + step, reason: reason)
    case .delivered, .dead, .interrupted: self
    }
  }
}

/// pending → dead, without an attempt, for what has waited longer than it may. Deliveries with a continuation are left:
/// they are settled one by one (``StateStore/deadLetterBacklog(_:at:)``), for something may have to be done after them.
package struct BulkDeadLetter: Sendable {
  package let destination: Target
  package let reason: String
  /// Only what is older than its own `retryFor`, or than this when it has none.
  package let olderThan: Duration
  /// What is being attempted at this moment, by sequence.
  package var sparing: Set<Int64>
  package var limit: Int

  package init(
    destination: Target, reason: String, olderThan: Duration, sparing: Set<Int64> = [], limit: Int = 1_000
  ) {
    self.destination = destination
    self.reason = reason
    self.olderThan = olderThan
    self.sparing = sparing
    self.limit = limit
  }
}

/// What is kept of one attempt.
package struct AttemptRecord: Sendable, Equatable {
  package let number: Int
  package let startedAt: Timestamp
  package let finishedAt: Timestamp
  /// One of a closed set of words: `delivered`, or why not.
  package let outcome: String
  /// HTTP status, or a hook's exit status.
  package let code: Int?
  /// For people; redacted, and without NUL, behind which a database forgets the rest.
  package let detail: String
  /// What the other side answered, or what a hook printed; redacted, cut, and without NUL.
  package let output: String

  package init(
    number: Int, startedAt: Timestamp, finishedAt: Timestamp, outcome: String, code: Int? = nil, detail: String = "",
    output: String = ""
  ) {
    self.number = number
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.outcome = outcome
    self.code = code
    self.detail = detail.withoutNUL
    self.output = output.withoutNUL
  }
}

/// Why the next attempt of a pending delivery was put off.
package enum DeliveryDelay: String, Sendable {
  case backoff, quiet
}

/// A delivery as `deliveries list` shows it.
package struct DeliveryRecord: Sendable, Equatable {
  package let id: String
  package let eventID: String
  package let runID: String
  package let rule: String
  /// The action's `id`, or its place in the rule; empty where an early version wrote it.
  package let action: String
  package let destination: Target
  package let status: DeliveryStatus
  package let attempts: Int
  /// Nil unless pending.
  package let nextAttemptAt: Timestamp?
  package let createdAt: Timestamp
  /// Nil unless delivered or dead.
  package let settledAt: Timestamp?
  /// Why it is dead, or why the last attempt failed.
  package let reason: String?
  /// The step before it; nil when it is the first.
  package let link: ChainLink?
  /// Why its next attempt was put off; nil: it was not, or it isn't pending.
  package let delay: DeliveryDelay?
  /// The delivery of an earlier event of its run that has to settle first; nil when there is none.
  package let behind: String?

  package init(
    id: String, eventID: String, runID: String, rule: String, action: String, destination: Target,
    status: DeliveryStatus, attempts: Int, nextAttemptAt: Timestamp?, createdAt: Timestamp, settledAt: Timestamp?,
    reason: String?, link: ChainLink?, delay: DeliveryDelay? = nil, behind: String? = nil
  ) {
    self.delay = delay
    self.behind = behind
    self.id = id
    self.eventID = eventID
    self.runID = runID
    self.rule = rule
    self.action = action
    self.destination = destination
    self.status = status
    self.attempts = attempts
    self.nextAttemptAt = nextAttemptAt
    self.createdAt = createdAt
    self.settledAt = settledAt
    self.reason = reason
    self.link = link
  }
}

package struct DeliveryDetail: Sendable {
  package let record: DeliveryRecord
  package let content: DeliveryContent
  /// The steps of its chain that there are, itself among them, in the order in which they were made; alone when it has none.
  package let chain: [DeliveryStep]
  /// The event, JSON.
  package let event: [UInt8]
  package let attempts: [AttemptRecord]

  package init(
    record: DeliveryRecord, content: DeliveryContent, chain: [DeliveryStep], event: [UInt8], attempts: [AttemptRecord]
  ) {
    self.record = record
    self.content = content
    self.chain = chain
    self.event = event
    self.attempts = attempts
  }
}

package struct DeliveryFilter: Sendable {
  package var status: DeliveryStatus?
  package var runID: String?
  package var rule: String?
  /// As it is shown.
  package var destination: String?
  /// Created at that time or later.
  package var since: Timestamp?
  /// Only the newest ones, so many; nil: all.
  package var limit: Int?

  package init(
    status: DeliveryStatus? = nil, runID: String? = nil, rule: String? = nil, destination: String? = nil,
    since: Timestamp? = nil, limit: Int? = nil
  ) {
    self.destination = destination
    self.since = since
    self.limit = limit
    self.status = status
    self.runID = runID
    self.rule = rule
  }
}
