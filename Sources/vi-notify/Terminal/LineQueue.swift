/// The lines waiting for stderr, and the terminal's live line. Bounded: lines that don't fit are dropped and counted, and the
/// count is reported when there is room again.
///
/// Pure; ``LineWriter`` writes.
struct LineQueue {
  /// The most log lines, and bytes of them, that wait.
  static let most = (lines: 16_384, bytes: 4 << 20)
  /// The most bytes of one line; the rest is cut.
  static let longest = 64 << 10

  /// Bytes to write at once.
  struct Chunk {
    let bytes: [UInt8]
    /// The log lines in it, including those it reports as dropped.
    let lines: Int
  }

  private var bytes: [UInt8] = []
  private var lines = 0
  /// Dropped since the last report. No more lines are taken until that is written, so that it stands in their place.
  private var dropped = 0
  private var live: [UInt8] = []
  private var shownLive: [UInt8] = []

  /// A line of log.
  mutating func add(_ line: String) {
    let line = Self.bounded(line)
    guard dropped == 0, lines < Self.most.lines, bytes.count + line.count <= Self.most.bytes else {
      dropped += 1
      return
    }
    bytes += line
    lines += 1
  }

  /// A line that is never dropped.
  mutating func addForSure(_ line: String) {
    if dropped > 0 {
      bytes += Self.note(dropped)
      lines += dropped
      dropped = 0
    }
    bytes += Array(line.utf8) + [0x0A]
    lines += 1
  }

  /// Replaces the live line; an empty one removes it.
  mutating func show(live line: String) {
    live = Array(line.utf8)
  }

  /// Everything that can be written now; nil if there is nothing.
  mutating func take() -> Chunk? {
    if lines == 0, dropped > 0 { (bytes, lines, dropped) = (Self.note(dropped), dropped, 0) }
    guard lines > 0 || live != shownLive else { return nil }
    let clear = shownLive.isEmpty && live.isEmpty ? [] : Array("\r\u{1B}[2K".utf8)
    defer { (bytes, lines, shownLive) = ([], 0, live) }
    return Chunk(bytes: clear + bytes + live, lines: lines)
  }

  /// The chunk could not be written.
  mutating func drop(_ chunk: Chunk) {
    dropped += chunk.lines
  }

  private static func note(_ dropped: Int) -> [UInt8] {
    Array("vi-notify: warning: log lines dropped here: \(dropped); stderr was not read or not writable\n".utf8)
  }

  private static func bounded(_ line: String) -> [UInt8] {
    guard line.utf8.count > longest else { return Array(line.utf8) + [0x0A] }
    var cut = Array(line.utf8.prefix(longest))
    // Drop a partial character.
    while let last = cut.last, last & 0xC0 == 0x80 { cut.removeLast() }
    if let last = cut.last, last >= 0xC0 { cut.removeLast() }
    return cut + Array("…\n".utf8)
  }
}
