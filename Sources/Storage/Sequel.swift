/// What a message continues at its destination. Both need a service that can.
package struct Sequel: Sendable, Equatable {
  /// It takes the place of what the same action has posted for an earlier event of its run.
  package var updates: Bool
  /// It belongs to the thread with this key.
  package var thread: String?

  package init(updates: Bool = false, thread: String? = nil) {
    self.updates = updates
    self.thread = thread
  }

  /// It continues nothing.
  package static let none = Sequel()
}

/// A message that was posted, for those that continue it.
package struct PostedMessage: Sendable, Equatable {
  /// What it is remembered by; only who wrote it can read it.
  package let key: String
  /// How its service names it, JSON.
  package let reference: [UInt8]
  /// ``ClaimedDelivery/rank`` of the delivery that it shows.
  package let rank: Int64

  package init(key: String, reference: [UInt8], rank: Int64) {
    self.key = key
    self.reference = reference
    self.rank = rank
  }
}
