/// Tuning of a download.
struct DownloadSettings: Sendable {
  /// Concurrent connections to the storage.
  var connections = 8
  /// The smallest and largest request in bytes. At 100 ms round trip and 100 MB/s, requests of 16 MiB cost a fourteenth of the
  /// time.
  var pieceSizes: ClosedRange<Int64> = 1 << 20...16 << 20
  /// The most bytes that a kill may lose, besides the pieces in flight.
  var syncInterval: Int64 = 64 << 20
  /// How often a request without progress is repeated in a row.
  var attempts = 6
  /// The delay before the first retry, doubled for each further one up to ``maxDelay``.
  var firstDelay: Duration = .milliseconds(500)
  /// A server that asks for a longer delay ends the download; the caller may repeat it later.
  var maxDelay: Duration = .seconds(30)
  /// For a piece, or for the whole file if the server has no ranges.
  var requestTimeout: Duration = .seconds(24 * 3_600)
  /// For a request of which nothing arrives.
  var stallTimeout: Duration = .seconds(30)
  /// Nil: ``Unpacker/Limits/init(archive:)``.
  var unpackLimits: Unpacker.Limits?

  /// A thirty-second of the file, within the limits.
  func pieceSize(of total: Int64) -> Int64 {
    let whole = (total / 32 / pieceSizes.lowerBound + 1) * pieceSizes.lowerBound
    return min(whole, pieceSizes.upperBound)
  }

  /// A sixteenth for small files.
  func syncInterval(of total: Int64) -> Int64 {
    min(syncInterval, total / 16)
  }
}
