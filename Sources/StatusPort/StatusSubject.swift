package import Runs
package import Storage
package import Telemetry

/// The watcher behind the port: what it knows beyond the state, and what it can be asked to do.
package protocol StatusSubject: Sendable {
  /// Contains no secrets.
  var facts: LiveFacts { get }

  /// Watched runs that have not ended, the longest under way first; at most `limit`.
  func movingRuns(limit: Int) async -> [MovingFact]

  /// Rereads the rules file and returns the outcome; nil if cancelled before. It is recorded as what `agent` did.
  func reload(by agent: Agent) async -> ReloadAnswer?

  /// Something in the state may be due.
  func wakeDelivery()
}

package enum ReloadAnswer: Sendable, Equatable {
  case applied
  /// The rules in use stay in use, for this reason.
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
    /// Its rate limit, such as `10 per 1s`; nil if it has none.
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
  /// Another process watches with the same state.
  package var follows = false
  package var active = 0
  package var total = 0
  package var lastWholeSweep: Timestamp?
  /// Why the last sweep failed; nil: it did not.
  package var failure: String?
  /// A gap between sweeps up to this long is normal.
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

/// What the port needs besides its subject.
package struct Surroundings: Sendable {
  package let store: any StateStore
  package let telemetry: Telemetry
  /// The clock of the state's times.
  package let clock: StateClock
  package let documents: any StatusDocuments
  package let version: String
  /// Of the store.
  let outage: @Sendable () -> StateOutage?
  /// Whether there is a token, without which nobody can act.
  var canAct = false

  package init(
    store: any StateStore, telemetry: Telemetry, clock: StateClock, documents: any StatusDocuments, version: String,
    outage: (@Sendable () -> StateOutage?)? = nil
  ) {
    (self.store, self.telemetry, self.clock) = (store, telemetry, clock)
    self.outage = outage ?? { store.outage }
    (self.documents, self.version) = (documents, version)
  }
}
