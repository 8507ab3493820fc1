package import Runs
package import Storage
package import Telemetry

/// The watcher that the port tells of: what it knows at this moment and isn't in the state, and what may be asked of it.
package protocol StatusSubject: Sendable {
  /// No secret stands in them.
  var facts: LiveFacts { get }

  /// Watched runs that have not ended, the longest under way first; at most `limit`.
  func movingRuns(limit: Int) async -> [MovingFact]

  /// Has the rules file read anew, and returns when that is decided. Nil: it was cancelled before.
  func reload() async -> ReloadAnswer?

  /// Something in the state may be due.
  func wakeDelivery()
}

package enum ReloadAnswer: Sendable, Equatable {
  case applied
  /// The rules in use stay in use, because of this.
  case refused(String)
}

/// What a watcher knows at one moment.
package struct LiveFacts: Sendable {
  package struct Rule: Sendable {
    package let name: String
    package let isEnabled: Bool

    package init(name: String, isEnabled: Bool) {
      (self.name, self.isEnabled) = (name, isEnabled)
    }
  }

  package struct Destination: Sendable {
    package let name: String
    package let type: String
    /// How fast it may be sent to, as the rules file says it: `10 per 1s`; nil: as fast as it takes it.
    package let pace: String?

    package init(name: String, type: String, pace: String?) {
      (self.name, self.type, self.pace) = (name, type, pace)
    }
  }

  package var endpoint = ""
  package var organization = ""
  package var startedAt: Timestamp
  /// Nil: the rules were read from no file.
  package var rulesFile: String?
  package var rules: [Rule] = []
  package var destinations: [Destination] = []
  /// The last time that the file was read anew; nil: it has not been.
  package var reload: Heartbeat.Reload?
  package var active = 0
  package var total = 0
  package var lastWholeSweep: Timestamp?
  /// Why the last sweep failed; nil: it did not.
  package var failure: String?
  /// So long without a sweep is no reason to worry.
  package var patience: Duration = .zero

  package init(startedAt: Timestamp) {
    self.startedAt = startedAt
  }
}

/// A run that moves.
package struct MovingFact: Sendable, Equatable {
  package let id: String
  package let phase: Phase
  package let flow: String?
  /// When it entered its phase; nil: the API doesn't say.
  package let since: Timestamp?
  package let startedAt: Timestamp?
  /// How long runs of its flow usually take; nil: nobody knows yet.
  package let usual: Duration?

  package init(id: String, phase: Phase, flow: String?, since: Timestamp?, startedAt: Timestamp?, usual: Duration?) {
    (self.id, self.phase, self.flow) = (id, phase, flow)
    (self.since, self.startedAt, self.usual) = (since, startedAt, usual)
  }
}

/// What the port needs beside its subject.
package struct Surroundings: Sendable {
  package let store: any StateStore
  package let telemetry: Telemetry
  /// By which the state's moments are.
  package let clock: StateClock
  package let documents: any StatusDocuments
  package let version: String
  /// There is a token, with which somebody may act.
  var canAct = false

  package init(
    store: any StateStore, telemetry: Telemetry, clock: StateClock, documents: any StatusDocuments, version: String
  ) {
    (self.store, self.telemetry, self.clock) = (store, telemetry, clock)
    (self.documents, self.version) = (documents, version)
  }
}
