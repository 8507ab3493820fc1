package import Storage

/// How many deliveries are in which state.
package struct DeliveryCounts: Sendable, Equatable {
  package var pending: Int
  package var claimed: Int
  package var delivered: Int
  package var dead: Int

  package init(pending: Int = 0, claimed: Int = 0, delivered: Int = 0, dead: Int = 0) {
    self.pending = pending
    self.claimed = claimed
    self.delivered = delivered
    self.dead = dead
  }
}

extension StateStore {
  package func counts() async throws(StorageError) -> DeliveryCounts {
    let statuses = try await deliveries(DeliveryFilter()).map(\.status)
    func count(_ status: DeliveryStatus) -> Int { statuses.count { $0 == status } }
    return DeliveryCounts(
      pending: count(.pending), claimed: count(.claimed), delivered: count(.delivered), dead: count(.dead))
  }
}
