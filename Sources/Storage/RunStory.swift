package import Runs

/// A rules file as it was in use, without secrets.
package struct RuleFileCopy: Sendable {
  package let digest: String
  package let bytes: [UInt8]

  package init(digest: String, bytes: [UInt8]) {
    self.digest = digest
    self.bytes = bytes
  }
}

/// Everything that is known of one run.
package struct RunStory: Sendable {
  /// What was last known of it, and when that was seen; nil when no sweep was committed that showed it.
  package let last: (entry: Ledger.Entry, seenAt: Timestamp)?
  /// In order of time.
  package let events: [StoredEvent]
  /// In the order in which they were planned.
  package let deliveries: [StoredDelivery]
  /// What was not sent, in the order in which it was decided.
  package let held: [HeldBack]

  package init(
    last: (entry: Ledger.Entry, seenAt: Timestamp)?, events: [StoredEvent], deliveries: [StoredDelivery],
    held: [HeldBack] = []
  ) {
    self.held = held
    self.last = last
    self.events = events
    self.deliveries = deliveries
  }
}

package struct StoredEvent: Sendable {
  package let id: String
  package let runID: String
  /// What happened; the word alone where a later version wrote it.
  package let word: String
  package let eventKind: EventKind?
  package let time: Timestamp
  /// When we saw it.
  package let seenAt: Timestamp
  /// Digest of the rules file that decided; nil when an early version wrote it.
  package let rules: String?
  /// JSON; empty when it was pruned.
  package let body: [UInt8]

  package init(
    id: String, runID: String, word: String, eventKind: EventKind?, time: Timestamp, seenAt: Timestamp, rules: String?,
    body: [UInt8]
  ) {
    self.id = id
    self.runID = runID
    self.word = word
    self.eventKind = eventKind
    self.time = time
    self.seenAt = seenAt
    self.rules = rules
    self.body = body
  }
}

package struct StoredDelivery: Sendable {
  package let record: DeliveryRecord
  /// What is to be done when it has settled, JSON; nil: nothing.
  package let continuation: [UInt8]?
  package let attempts: [AttemptRecord]
  /// When somebody asked for it to be sent again.
  package let replays: [Timestamp]

  package init(record: DeliveryRecord, continuation: [UInt8]?, attempts: [AttemptRecord], replays: [Timestamp]) {
    self.record = record
    self.continuation = continuation
    self.attempts = attempts
    self.replays = replays
  }
}

/// Which deliveries are to be sent again: those that meet all of it.
package struct ReplayFilter: Sendable {
  /// Empty: whatever their id.
  package var ids: [String] = []
  /// `delivered` or `dead`; nil: both.
  package var status: DeliveryStatus?
  package var rule: String?
  /// As it is shown.
  package var destination: String?
  package var runID: String?
  /// Created at that time or later.
  package var since: Timestamp?
  /// Nothing is changed.
  package var isDryRun = false

  package init() {}
}
