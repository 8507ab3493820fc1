package import Runs
package import Storage

/// What the commands print with `--output json`: the API answers with the same documents, so that who knows one knows both.
package protocol StatusDocuments: Sendable {
  /// `status`
  func status(_ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]

  /// `explain RUN`; nil: nothing is known of it.
  func explanation(of run: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]?

  /// `deliveries list`
  func deliveries(
    _ records: [DeliveryRecord], _ store: any StateStore, _ time: TimeSource
  ) async throws(StorageError) -> [UInt8]

  /// `deliveries show ID`; nil: there is none.
  func delivery(_ id: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]?
}
