/// Tracks which pieces of an archive are finished, which are in flight, and which is next. Pure.
struct PiecePlan: Sendable {
  /// A part of the archive that is requested at once.
  struct Piece: Sendable, Equatable {
    let index: Int
    /// The missing part.
    var range: Range<Int64>
  }

  /// More than the largest file has in pieces of the usual size.
  static let maxPieces: Int64 = 1 << 22

  let total: Int64
  let pieceSize: Int64
  /// The number of bytes that are there.
  private(set) var bytes: Int64 = 0
  private var isFinished: [Bool]
  /// The finished prefix of each incomplete piece.
  private var begun: [Int: Int64] = [:]
  /// Incomplete pieces that were returned; they are taken first.
  private var returned: [Int] = []
  private var nextNew = 0
  private var left: Int

  /// - Parameter finished: the numbers of finished pieces; unknown numbers are ignored.
  init(total: Int64, pieceSize: Int64, finished: some Sequence<Int> = []) {
    self.total = max(0, total)
    self.pieceSize = max(1, pieceSize)
    left = self.total == 0 ? 0 : Int((self.total - 1) / self.pieceSize + 1)
    isFinished = Array(repeating: false, count: left)
    for index in finished where isFinished.indices.contains(index) && !isFinished[index] { finish(index) }
  }

  var isComplete: Bool { left == 0 }

  /// The next piece that nobody downloads yet; nil if all are taken.
  mutating func take() -> Piece? {
    if let index = returned.popLast() { return piece(index) }
    while nextNew < isFinished.count {
      defer { nextNew += 1 }
      if !isFinished[nextNew] { return piece(nextNew) }
    }
    return nil
  }

  /// Counts bytes of a piece that have arrived.
  mutating func advance(_ index: Int, by count: Int64) {
    begun[index, default: 0] += count
    bytes += count
  }

  /// The missing part of a taken piece.
  func rest(of index: Int) -> Range<Int64> { piece(index).range }

  /// Returns an incomplete piece; its bytes so far count.
  mutating func giveBack(_ index: Int) {
    if !isFinished[index] { returned.append(index) }
  }

  mutating func finish(_ index: Int) {
    guard !isFinished[index] else { return }
    let whole = whole(index)
    bytes += Int64(whole.count) - (begun.removeValue(forKey: index) ?? 0)
    isFinished[index] = true
    left -= 1
  }

  private func piece(_ index: Int) -> Piece {
    let whole = whole(index)
    return Piece(index: index, range: (whole.lowerBound + begun[index, default: 0])..<whole.upperBound)
  }

  private func whole(_ index: Int) -> Range<Int64> {
    let start = Int64(index) * pieceSize
    return start..<min(start + pieceSize, total)
  }
}
