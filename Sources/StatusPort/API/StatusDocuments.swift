package import Runs
package import Storage

/// The documents that the commands print with `--output json`. The API returns the same ones.
package protocol StatusDocuments: Sendable {
  /// `status`
  func status(_ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]

  /// `explain RUN`; nil: nothing is known of it.
  func explanation(of run: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]?

  /// `deliveries list`
  func deliveries(
    _ records: [DeliveryRecord], _ store: any StateStore, _ time: TimeSource
  ) async throws(StorageError) -> [UInt8]

  /// What `deliveries show ID` prints; nil if no delivery has this id.
  func delivery(_ id: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]?
}
