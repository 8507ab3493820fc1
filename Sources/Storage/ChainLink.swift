/// Where a delivery hangs in a chain of actions.
package struct ChainLink: Sendable, Equatable {
  package enum Branch: String, Sendable, CaseIterable {
    /// After the parent was delivered.
    case then
    /// After it died.
    case onFailure
  }

  /// The id of the delivery that had to settle first.
  package let parent: String
  package let branch: Branch

  package init(parent: String, _ branch: Branch) {
    self.parent = parent
    self.branch = branch
  }
}

/// A delivery as a step of its chain.
package struct DeliveryStep: Sendable {
  package let record: DeliveryRecord
  /// What is to be done when it has settled, JSON; nil: nothing.
  package let continuation: [UInt8]?

  package init(record: DeliveryRecord, continuation: [UInt8]?) {
    self.record = record
    self.continuation = continuation
  }
}
