/// The lines of one hook on their way to whoever listens: as many of each stream as a log can bear, then one that says that no
/// more come.
struct HookLog {
  /// Bytes of one stream's lines: a flood on one doesn't silence the other.
  static let most = 1024 * 1024
  /// What a log writes around a line: a million empty ones are a flood as well.
  static let perLine = 100

  /// Where secrets stand in bytes: a long line isn't cut there.
  let secretPlaces: @Sendable ([UInt8]) -> [Range<Int>]
  private let listener: @Sendable (HookStream, String) -> Void
  /// Bytes that may still be logged; below zero once that no more come was said.
  private var (stdout, stderr) = (Self.most, Self.most)

  /// Of this stream nothing is logged any more.
  func isFull(_ stream: HookStream) -> Bool { (stream == .stdout ? stdout : stderr) < 0 }

  init(
    secretPlaces: @escaping @Sendable ([UInt8]) -> [Range<Int>] = { _ in [] },
    _ listener: @escaping @Sendable (HookStream, String) -> Void
  ) {
    self.listener = listener
    self.secretPlaces = secretPlaces
  }

  mutating func say(_ line: String, on stream: HookStream) {
    let isOpen = stream == .stdout ? take(line, from: &stdout) : take(line, from: &stderr)
    switch isOpen {
    case true?: listener(stream, line)
    case false?:
      listener(stream, "[more than 1 MiB: what follows is not logged; its last 32 KiB are kept with the delivery]")
    case nil: break
    }
  }

  /// False the first time that there is no room, nil from then on.
  private func take(_ line: String, from left: inout Int) -> Bool? {
    guard left >= 0 else { return nil }
    left -= line.utf8.count + Self.perLine
    return left >= 0
  }
}
