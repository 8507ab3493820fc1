import Glibc
import Locking

/// Standard output and error, and the one line at the bottom of a terminal that is always being rewritten.
///
/// Results go to stdout, everything said along the way to stderr. Colour and the live line are for terminals only, and
/// never with `NO_COLOR` or `TERM=dumb`.
final class Console: Sendable {
  static let shared = Console()

  /// The live line may be shown.
  let isLively: Bool
  private let hasColour: Bool
  private let liveLine = Locked("")

  private init() {
    let isPlain = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    isLively = isatty(STDERR_FILENO) == 1 && !isPlain
    hasColour = isLively && getenv("NO_COLOR") == nil
  }

  enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case grey = "90"
  }

  /// For stderr; plain where there is no colour.
  func paint(_ text: String, _ colour: Colour) -> String {
    hasColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// A line of the result.
  func print(_ text: String) {
    write(Array(text.utf8) + [0x0A], to: STDOUT_FILENO)
  }

  func print(_ bytes: [UInt8]) {
    write(bytes + [0x0A], to: STDOUT_FILENO)
  }

  /// A line said along the way.
  func say(_ text: String) {
    liveLine.withLock { live in
      let clear = live.isEmpty ? "" : "\r\u{1B}[2K"
      write(Array("\(clear)\(text)\n\(live)".utf8), to: STDERR_FILENO)
    }
  }

  /// Rewrites the live line; empty removes it. Nothing where there is no terminal.
  func showLive(_ text: String) {
    guard isLively else { return }
    let line = String(text.prefix(width - 1))
    liveLine.withLock { live in
      guard live != line else { return }
      write(Array("\r\u{1B}[2K\(line)".utf8), to: STDERR_FILENO)
      live = line
    }
  }

  private var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }
}

extension String {
  /// One line without control characters, and without those that turn the writing direction: what a stranger wrote can
  /// neither move the cursor of who reads it nor show itself in another order.
  var printable: String {
    String(
      UnicodeScalarView(
        unicodeScalars.map { $0.properties.generalCategory == .control || $0.turnsDirection ? " " : $0 }))
  }
}

extension Unicode.Scalar {
  /// Bidirectional embeddings, overrides and isolates (UAX #9).
  fileprivate var turnsDirection: Bool {
    (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
  }
}
