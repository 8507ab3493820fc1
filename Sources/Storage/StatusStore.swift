package import Runs

/// The size of the outbox.
package struct OutboxCount: Sendable, Equatable {
  /// Neither delivered nor dead.
  package let pending: Int
  /// Those of them that are due.
  package let due: Int
  /// The creation time of the oldest pending one; nil if there is none.
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
  /// The last run of the previous page.
  package var after: (since: Timestamp, id: String)?
  package var limit: Int

  package init(phases: Set<Phase>, after: (since: Timestamp, id: String)? = nil, limit: Int) {
    (self.phases, self.after, self.limit) = (phases, after, limit)
  }
}

/// What happened within a period.
package struct Activity: Sendable, Equatable {
  /// The start of the period.
  package let at: Timestamp
  /// Events of runs that ended, by phase.
  package var ended: [Phase: Int]
  package var delivered: Int
  package var dead: Int
  /// The sum over all delivered ones, from creation to delivery.
  package var waited: Duration

  package init(at: Timestamp, ended: [Phase: Int] = [:], delivered: Int = 0, dead: Int = 0, waited: Duration = .zero) {
    (self.at, self.ended, self.delivered, self.dead, self.waited) = (at, ended, delivered, dead, waited)
  }
}

/// Queries for displays. They change nothing.
package protocol StatusStore: Sendable {
  func outbox(at now: Timestamp) async throws(StorageError) -> OutboxCount

  /// Runs that still exist, sorted by the time they entered their phase, newest first, then by id.
  func runs(_ query: RunQuery) async throws(StorageError) -> [KnownRun]

  /// The number of existing runs in each phase; phases without runs are left out.
  func runCounts() async throws(StorageError) -> [Phase: Int]

  /// When each rule's newest delivery was created.
  func lastFirings() async throws(StorageError) -> [String: Timestamp]

  /// Nil if no other session has one open, or if this kind of store has no sessions.
  func oldestSnapshot() async throws(StorageError) -> OldestSnapshot?

  /// What was seen, delivered and given up in each of `count` periods of length `step` from `start`.
  func activity(from start: Timestamp, step: Duration, count: Int) async throws(StorageError) -> [Activity]
}

extension StatusStore {
  package func oldestSnapshot() async throws(StorageError) -> OldestSnapshot? { nil }
}
