/// What the models of a scenario look like, and how the storage behaves that they are downloaded from.
package struct ModelFiles: Sendable, Equatable {
  package enum Weights: String, Sendable, CaseIterable {
    /// Small ones of both signs.
    case numbers
    /// Nothing but zeros.
    case zeros
  }

  package enum Checksum: String, Sendable, CaseIterable {
    case right, wrong, none
  }

  /// Files that the weights are spread over; from two on, with an index.
  package var shards: Int
  /// Beside the full model, one of a few bytes.
  package var hasAdapter: Bool
  package var weights: Weights
  /// Packed with gzip, which makes nothing smaller here. Such an archive is held in memory while it is sent.
  package var isGzip: Bool
  /// Milliseconds between a run's success and its models' being there to be downloaded.
  package var exportDelay: Int64
  /// How long a download's address holds, in milliseconds.
  package var linkLifetime: Int64
  /// Else every request gets the whole archive.
  package var givesRanges: Bool
  /// Of the whole archive, as Google's storage gives it.
  package var checksum: Checksum

  package init(
    shards: Int = 1, hasAdapter: Bool = false, weights: Weights = .numbers, isGzip: Bool = false,
    exportDelay: Int64 = 0,
    linkLifetime: Int64 = 15 * 60_000, givesRanges: Bool = true, checksum: Checksum = .right
  ) {
    self.shards = shards
    self.hasAdapter = hasAdapter
    self.weights = weights
    self.isGzip = isGzip
    self.exportDelay = exportDelay
    self.linkLifetime = linkLifetime
    self.givesRanges = givesRanges
    self.checksum = checksum
  }
}
