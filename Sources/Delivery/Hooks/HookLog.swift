/// The lines of one hook on their way to whoever listens: as many as a log can bear, then one that says that no more come.
struct HookLog {
  /// Bytes of both streams' lines together.
  static let most = 1024 * 1024
  /// What a log writes around a line: a million empty ones are a flood as well.
  static let perLine = 100

  private let listener: @Sendable (HookStream, String) -> Void
  private var left = Self.most
  private(set) var isFull = false

  init(_ listener: @escaping @Sendable (HookStream, String) -> Void) {
    self.listener = listener
  }

  mutating func say(_ line: String, on stream: HookStream) {
    guard !isFull else { return }
    left -= line.utf8.count + Self.perLine
    if left >= 0 { return listener(stream, line) }
    isFull = true
    listener(stream, "[more than 1 MiB: what follows is not logged; its last 32 KiB are kept with the delivery]")
  }
}
