/// The models of a scenario, and the behaviour of their storage.
package struct ModelFiles: Sendable, Equatable {
  package enum Weights: String, Sendable, CaseIterable {
    /// Small numbers of both signs.
    case numbers
    /// Zeros only.
    case zeros
  }

  package enum Checksum: String, Sendable, CaseIterable {
    case right, wrong, none
  }

  /// The number of files for the weights; two or more have an index.
  package var shards: Int
  /// Adds an adapter of a few bytes to the full model.
  package var hasAdapter: Bool
  package var weights: Weights
  /// Packed with gzip, without compression. Such an archive is held in memory while it is sent.
  package var isGzip: Bool
  /// Milliseconds from a run's success until its models can be downloaded.
  package var exportDelay: Int64
  /// How long a download address is valid, in milliseconds.
  package var linkLifetime: Int64
  /// Otherwise every request gets the whole archive.
  package var givesRanges: Bool
  /// Of the whole archive, in the notation of Google's storage.
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
