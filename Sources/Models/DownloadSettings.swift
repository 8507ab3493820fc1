/// How a download goes about it.
struct DownloadSettings: Sendable {
  /// At the same time, to the storage.
  var connections = 8
  /// Bytes that are asked for by one request, least and most. At 100 ms to the server and 100 MB/s, asking for 16 MiB costs a
  /// fourteenth of the time.
  var pieceSizes: ClosedRange<Int64> = 1 << 20...16 << 20
  /// So many bytes at most may be lost by a kill, beside the pieces on their way.
  var syncInterval: Int64 = 64 << 20
  /// How often a request is repeated in a row that brings nothing.
  var attempts = 6
  /// Before the first repetition; doubled for each, up to ``maxDelay``.
  var firstDelay: Duration = .milliseconds(500)
  /// A server that asks for a longer pause is left to whoever repeats the download.
  var maxDelay: Duration = .seconds(30)
  /// Of a piece, or of the whole by a server that gives no pieces. One that brings nothing is given up much earlier.
  var requestTimeout: Duration = .seconds(24 * 3_600)
  /// Nil: ``Unpacker/Limits/init(archive:)``.
  var unpackLimits: Unpacker.Limits?

  /// Thirty-two pieces, where they get neither too small nor too large.
  func pieceSize(of total: Int64) -> Int64 {
    let whole = (total / 32 / pieceSizes.lowerBound + 1) * pieceSizes.lowerBound
    return min(whole, pieceSizes.upperBound)
  }

  /// A sixteenth of what is small.
  func syncInterval(of total: Int64) -> Int64 {
    min(syncInterval, total / 16)
  }
}
