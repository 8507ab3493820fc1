package import Runs

/// Somebody's wish not to be told for a while. What a silenced rule would send is written down and not sent.
package struct Silence: Sendable, Equatable {
  /// `sil_…`
  package let id: String
  package let createdAt: Timestamp
  package let until: Timestamp
  /// Why, in somebody's words.
  package let reason: String
  /// Empty: every rule.
  package let rules: Set<String>
  /// Empty: every destination.
  package let destinations: Set<String>
  /// An event pattern, JSON; nil: every event.
  package let pattern: [UInt8]?
  /// When somebody ended it before its time; nil: nobody did.
  package let endedAt: Timestamp?

  package init(
    id: String, createdAt: Timestamp, until: Timestamp, reason: String, rules: Set<String> = [],
    destinations: Set<String> = [], pattern: [UInt8]? = nil, endedAt: Timestamp? = nil
  ) {
    self.id = id
    self.createdAt = createdAt
    self.until = until
    self.reason = reason
    self.rules = rules
    self.destinations = destinations
    self.pattern = pattern
    self.endedAt = endedAt
  }

  package func isActive(at now: Timestamp) -> Bool { endedAt == nil && now < until }

  private static let opening = "silenced until "

  /// Why a message is held back, for ``HeldBack/reason``.
  package var clause: String { "\(Self.opening)\(until.iso8601) (\(id)): \(reason)" }

  /// The id of the silence that wrote this clause; nil: something else did.
  package static func id(in clause: String) -> String? {
    // The reason behind it is anybody's text, and may hold parentheses.
    guard clause.hasPrefix(opening), let start = clause.firstIndex(of: "("),
      let end = clause[start...].firstIndex(of: ")")
    else { return nil }
    return String(clause[clause.index(after: start)..<end])
  }
}

/// A message that was not sent because of a ``Silence`` or a rule's cooldown.
package struct HeldBack: Sendable, Equatable {
  package let eventID: String
  package let runID: String
  package let rule: String
  /// The action's `id`, or its place in the rule.
  package let action: String
  package let destination: String
  /// A clause: ``Silence/clause``, or what the cooldown says.
  package let reason: String
  package let at: Timestamp

  package init(
    eventID: String, runID: String, rule: String, action: String, destination: String, reason: String, at: Timestamp
  ) {
    self.eventID = eventID
    self.runID = runID
    self.rule = rule
    self.action = action
    self.destination = destination
    self.reason = reason
    self.at = at
  }
}

/// How long a rule doesn't fire again for events that are alike, and what it has not told of since it last did.
package struct CooldownWindow: Sendable, Equatable {
  package let rule: String
  /// What these events have in common; empty: the rule has no cooldown, and only what was silenced is counted.
  package let key: String
  package var until: Timestamp
  /// Events since the last message.
  package var held: Int

  package init(rule: String, key: String, until: Timestamp, held: Int) {
    self.rule = rule
    self.key = key
    self.until = until
    self.held = held
  }
}

/// What may keep messages from being sent.
package struct RestraintState: Sendable, Equatable {
  /// The active ones, in the order in which they were made.
  package var silences: [Silence]
  package var windows: [CooldownWindow]

  package init(silences: [Silence] = [], windows: [CooldownWindow] = []) {
    self.silences = silences
    self.windows = windows
  }
}

/// Silences, and what they and cooldowns hold back. What is held back is committed with its event (``NewEvent``).
package protocol SilenceStore: Sendable {
  /// Recorded as what `agent` did, as is its end.
  func add(_ silence: Silence, by agent: Agent) async throws(StorageError)

  /// Every silence, the newest last.
  func silences() async throws(StorageError) -> [Silence]

  /// False, and nothing has changed: none that is active has this id.
  func endSilence(id: String, by agent: Agent, at now: Timestamp) async throws(StorageError) -> Bool

  /// What was held back since then, the newest last.
  func heldBack(since: Timestamp) async throws(StorageError) -> [HeldBack]
}
