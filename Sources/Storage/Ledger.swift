package import Runs

/// What was last known of the runs of an organization.
package struct Ledger: Sendable {
  package var runs: [String: Entry]
  /// False until the first whole sweep was committed: what had ended before that is the baseline.
  package var hasBaseline: Bool
  /// Since when the source can't be seen; nil when it can, or when nobody was told yet that it can't.
  package var unreachableSince: Timestamp?

  package init(runs: [String: Entry] = [:], hasBaseline: Bool = false, unreachableSince: Timestamp? = nil) {
    self.runs = runs
    self.hasBaseline = hasBaseline
    self.unreachableSince = unreachableSince
  }

  package struct Entry: Sendable, Equatable {
    package let phase: Phase
    package let since: Timestamp
    /// The phase was taken over in silence; no event tells of it.
    package let isBaseline: Bool
    /// The run was deleted before it ended, and that was told.
    package let isGone: Bool

    package init(phase: Phase, since: Timestamp, isBaseline: Bool, isGone: Bool = false) {
      self.phase = phase
      self.since = since
      self.isBaseline = isBaseline
      self.isGone = isGone
    }
  }
}

/// Everything that one sweep changes, to be committed together.
package struct SweepCommit: Sendable {
  package let organization: String
  package let time: Timestamp
  /// The runs whose entry changed, by id.
  package var changed: [String: Ledger.Entry] = [:]
  package var events: [NewEvent] = []
  /// The sweep saw every run there is, so that from now on whatever is new has happened since.
  package var setsBaseline = false
  /// Digest of the rules file that decided; see ``StateStore/remember(_:at:)``.
  package var rules: String?
  /// Whether the source can be seen, where that has changed.
  package var source: SourceChange?

  package init(organization: String, time: Timestamp) {
    self.organization = organization
    self.time = time
  }

  package var isEmpty: Bool { changed.isEmpty && events.isEmpty && !setsBaseline && source == nil }
}

package enum SourceChange: Sendable, Equatable {
  case unreachable(since: Timestamp)
  case recovered
}

package struct NewEvent: Sendable {
  package let event: RunEvent
  package let deliveries: [NewDelivery]
  package let digests: [DigestEntry]
  /// What was not sent.
  package var held: [HeldBack] = []
  /// What its rules remember of it from now on.
  package var windows: [CooldownWindow] = []

  package init(event: RunEvent, deliveries: [NewDelivery], digests: [DigestEntry] = []) {
    self.event = event
    self.deliveries = deliveries
    self.digests = digests
  }
}

/// An event that is to become part of one message with others, for a rule's action.
package struct DigestEntry: Sendable, Equatable {
  package let rule: String
  package let action: String
  /// What the events of one message have in common.
  package let key: String
  package let destination: String
  /// From the first event to the message.
  package let window: Duration
  /// How the message is to be made, JSON; only who planned it can read it. Kept when this opens a digest.
  package let plan: [UInt8]?

  package init(
    rule: String, action: String, key: String, destination: String, window: Duration, plan: [UInt8]? = nil
  ) {
    self.plan = plan
    self.rule = rule
    self.action = action
    self.key = key
    self.destination = destination
    self.window = window
  }
}

/// Events that wait to become one message.
package struct OpenDigest: Sendable {
  /// `dig_…`
  package let id: String
  package let rule: String
  package let action: String
  package let destination: String
  /// All that were collected.
  package let count: Int
  /// Bodies of the first of them, the oldest first.
  package let events: [[UInt8]]
  /// How the message is to be made; nil when an earlier version opened it.
  package let plan: [UInt8]?

  package init(
    id: String, rule: String, action: String, destination: String, count: Int, events: [[UInt8]], plan: [UInt8]?
  ) {
    self.id = id
    self.rule = rule
    self.action = action
    self.destination = destination
    self.count = count
    self.events = events
    self.plan = plan
  }
}

package struct NewDelivery: Sendable {
  package let id: String
  package let rule: String
  /// The action's `id`, or its place in the rule.
  package var action = ""
  package let destination: Target
  package let content: DeliveryContent
  /// Of one attempt; nil: the destination's.
  package let timeout: Duration?
  /// From the creation to the last attempt; nil: the destination's.
  package let retryFor: Duration?
  /// The quiet hours of its destination hold it back.
  package var defers = false
  /// When the quiet hours end that hold it back: the first attempt must not come sooner, and the time for retries begins then; nil: at once.
  package var notBefore: Timestamp?
  /// The step before it; nil when it is the first.
  package var link: ChainLink?
  /// What is to be done when it has settled, JSON; nil: nothing. Kept as it is.
  package var continuation: [UInt8]?
  /// It must not be made again once it may have begun: a kill makes it dead.
  package var isOnce = false
  /// Of a body: the type of destination that it was made for.
  package var form: String?
  /// Of a body: it can be made anew from the event, for another type.
  package var isStandard = false
  package var sequel = Sequel.none

  package init(
    id: String, rule: String, destination: Target, content: DeliveryContent, timeout: Duration? = nil,
    retryFor: Duration? = nil
  ) {
    self.id = id
    self.rule = rule
    self.destination = destination
    self.content = content
    self.timeout = timeout
    self.retryFor = retryFor
  }
}
