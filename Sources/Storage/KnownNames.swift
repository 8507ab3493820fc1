package import Runs

/// What the rules file names with which a watcher was started last: for those who look into the state.
package struct KnownNames: Sendable, Equatable {
  /// The types of the destinations, by name.
  package let destinations: [String: String]
  package let rules: Set<String>
  /// The pace of the destinations that have one, for people: `10 per 1s`.
  package let paces: [String: String]

  package init(destinations: [String: String], rules: Set<String>, paces: [String: String] = [:]) {
    self.destinations = destinations
    self.rules = rules
    self.paces = paces
  }
}

/// What people name by an id, or by the beginning of one.
package enum IdentifierKind: Sendable {
  case delivery, run
}

/// A digest that still collects events.
package struct CollectingDigest: Sendable, Equatable {
  /// `dig_…`
  package let id: String
  package let rule: String
  package let action: String
  package let destination: String
  /// When its message is made.
  package let dueAt: Timestamp
  /// Of its first event.
  package let eventID: String
  /// When its first event was seen.
  package let begunAt: Timestamp
  /// How many events it holds.
  package let count: Int

  package init(
    id: String, rule: String, action: String, destination: String, dueAt: Timestamp, eventID: String,
    begunAt: Timestamp, count: Int
  ) {
    (self.id, self.rule, self.action, self.destination) = (id, rule, action, destination)
    (self.dueAt, self.eventID, self.begunAt, self.count) = (dueAt, eventID, begunAt, count)
  }
}

/// What became of deliveries that were to be sent elsewhere.
package struct Redirection: Sendable, Equatable {
  /// Pending for the other destination now, the oldest first.
  package var moved: [String] = []
  /// Left as they are: their message was made for another type of destination, or they aren't sent at all.
  package var unfit: [String] = []

  package init(moved: [String] = [], unfit: [String] = []) {
    self.moved = moved
    self.unfit = unfit
  }
}
