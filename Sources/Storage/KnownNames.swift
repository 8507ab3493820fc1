/// What the rules file names with which a watcher was started last: for those who look into the state.
package struct KnownNames: Sendable, Equatable {
  /// The types of the destinations, by name.
  package let destinations: [String: String]
  package let rules: Set<String>

  package init(destinations: [String: String], rules: Set<String>) {
    self.destinations = destinations
    self.rules = rules
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
