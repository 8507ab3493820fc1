package import Runs

/// How much waits, and how much is dead.
package struct OutboxCount: Sendable, Equatable {
  /// Neither delivered nor dead.
  package let pending: Int
  /// Of those, the ones whose time has come.
  package let due: Int
  /// When the oldest of them was made; nil: nothing is pending.
  package let oldest: Timestamp?
  package let dead: Int

  package init(pending: Int, due: Int, oldest: Timestamp?, dead: Int) {
    (self.pending, self.due, self.oldest, self.dead) = (pending, due, oldest, dead)
  }
}

/// A run as it was last seen.
package struct KnownRun: Sendable {
  package let id: String
  package let entry: Ledger.Entry
  /// The body of its newest event, JSON; empty when there is none.
  package let event: [UInt8]

  package init(id: String, entry: Ledger.Entry, event: [UInt8]) {
    (self.id, self.entry, self.event) = (id, entry, event)
  }
}

package struct RunQuery: Sendable {
  package var phases: Set<Phase>
  /// Where the last page has ended: what comes after that.
  package var after: (since: Timestamp, id: String)?
  package var limit: Int

  package init(phases: Set<Phase>, after: (since: Timestamp, id: String)? = nil, limit: Int) {
    (self.phases, self.after, self.limit) = (phases, after, limit)
  }
}

/// What happened in a stretch of time.
package struct Activity: Sendable, Equatable {
  /// When the stretch begins.
  package let at: Timestamp
  /// Events of runs that ended, by phase.
  package var ended: [Phase: Int]
  package var delivered: Int
  package var dead: Int
  /// Of all that was delivered: from its being made to its being delivered.
  package var waited: Duration

  package init(at: Timestamp, ended: [Phase: Int] = [:], delivered: Int = 0, dead: Int = 0, waited: Duration = .zero) {
    (self.at, self.ended, self.delivered, self.dead, self.waited) = (at, ended, delivered, dead, waited)
  }
}

/// What a state answers to those who show it. Nothing is changed by it.
package protocol StatusStore: Sendable {
  func outbox(at now: Timestamp) async throws(StorageError) -> OutboxCount

  /// Runs that aren't gone, by when they entered their phase, the newest first; of the same moment by id.
  func runs(_ query: RunQuery) async throws(StorageError) -> [KnownRun]

  /// How many runs that aren't gone are in each phase; none has 0.
  func runCounts() async throws(StorageError) -> [Phase: Int]

  /// When a delivery was last made for each rule.
  func lastFirings() async throws(StorageError) -> [String: Timestamp]

  /// From `start` on, in stretches of `step`, as many as `count`: what was seen, delivered and buried in each.
  func activity(from start: Timestamp, step: Duration, count: Int) async throws(StorageError) -> [Activity]
}
