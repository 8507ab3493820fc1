import Daemon
import Dispatch
import Glibc
import Locking

/// Standard output and error, and the live line at the bottom of a terminal.
///
/// Results go to stdout, everything else to stderr. Colour and the live line are for terminals only, never with `NO_COLOR` or
/// `TERM=dumb`. Everything written has gone through ``Line``.
final class Console: Sendable {
  static let shared = Console()

  /// How long a normal exit waits for the last lines to be read.
  private static let lastWait: Duration = .seconds(1)

  /// The live line may be shown.
  let isLively: Bool
  private let hasColour: Bool
  private let errors = LineWriter(descriptor: STDERR_FILENO)
  let errorsAreTerminal = isatty(STDERR_FILENO) == 1
  let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  private let outputHasColour: Bool
  /// Serialises results.
  private let output = DispatchQueue(label: "vi-notify.stdout")
  private let outputState = Locked((isUsed: false, failure: Int32(0)))

  private init() {
    let isPlain = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    isLively = isatty(STDERR_FILENO) == 1 && !isPlain
    hasColour = isLively && getenv("NO_COLOR") == nil
    outputHasColour = outputIsTerminal && !isPlain && getenv("NO_COLOR") == nil
  }

  enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case grey = "90"
  }

  /// For stderr; plain without colour.
  func paint(_ text: String, _ colour: Colour) -> Line {
    hasColour ? Line(text, between: ("\u{1B}[\(colour.rawValue)m", "\u{1B}[0m")) : Line(text)
  }

  /// For stdout; plain without colour.
  func tint(_ text: String, _ colour: Colour) -> Line {
    outputHasColour && !text.isEmpty ? Line(text, between: ("\u{1B}[\(colour.rawValue)m", "\u{1B}[0m")) : Line(text)
  }

  /// Prints a line of the result. False, from then on, if it could not be written: ``end(_:)`` reports it.
  @discardableResult func print(_ line: Line) -> Bool {
    printBytes(Array(line.text.utf8))
  }

  /// Prints a text that on a terminal is broken into lines at its width. Elsewhere it is one line.
  ///
  /// - Parameter hanging: how far the lines but the first are indented.
  func print(_ text: String, hanging: Int) {
    let whole = Line(text).text
    let lines = outputIsTerminal ? whole.wrapped(toWidth: outputWidth, hanging: hanging) : [whole]
    for line in lines { print(Line(line)) }
  }

  /// Prints JSON or a path unchanged, unless to a terminal.
  @discardableResult func print(_ json: [UInt8]) -> Bool {
    printBytes(outputIsTerminal ? Line.json(json) : json)
  }

  private func printBytes(_ bytes: [UInt8]) -> Bool {
    // Messages written earlier must be read earlier.
    errors.flush(within: Self.lastWait)
    return output.sync {
      guard outputState.withLock({ $0.failure }) == 0 else { return false }
      let failure = writeAll(bytes + [0x0A], to: STDOUT_FILENO)
      outputState.withLock { $0 = (true, failure) }
      return failure == 0
    }
  }

  /// Prints a message.
  func say(_ line: Line) {
    errors.say(line.text)
  }

  /// A log or progress line: dropped rather than waited for.
  func log(_ line: Line) {
    errors.log(line.text)
  }

  /// Rewrites the live line; an empty text removes it. Does nothing without a terminal.
  func showLive(_ text: String) {
    guard isLively else { return }
    errors.show(live: String(Line(text).text.prefix(width - 1)))
  }

  private var width: Int { Self.columns(of: STDERR_FILENO) }

  /// Of the terminal that results go to: as `COLUMNS` says, or the terminal itself, or else 80.
  var outputWidth: Int {
    let named = getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? 0
    return named > 20 ? named : Self.columns(of: STDOUT_FILENO)
  }

  private static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }
}

extension Console {
  /// Call before anything else. A missing standard stream must not be replaced by the next file we open, such as the state; and a
  /// reader that has gone must be an error of a write, not a signal.
  static func prepareStreams() {
    signal(SIGPIPE, SIG_IGN)
    for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) < 0 && errno == EBADF {
      // Opened read-only, so that writes fail as before.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Ends the process: with `status`, or with 74 if a result could not be written. If the reader of stdout has gone, as `head` does,
  /// it ends silently by SIGPIPE like other programs.
  func end(_ status: Int32) -> Never {
    showLive("")
    switch outputFailure {
    case 0: break
    case EPIPE:
      errors.flush(within: Self.lastWait)
      dieOfBrokenPipe()
    case let failure:
      say(
        """
        vi-notify: \(paint("error:", .red)) stdout can't be written: \(String(cString: strerror(failure))); what should be \
        there is not complete: look at what stdout leads to, and repeat the command
        """)
      errors.flush(within: Self.lastWait)
      exit(ExitStatus.outputLost.rawValue)
    }
    errors.flush(within: Self.lastWait)
    exit(status)
  }

  /// The error of the last write, or of the close: some file systems report a full disk only then.
  private var outputFailure: Int32 {
    let (isUsed, failure) = outputState.withLock { $0 }
    guard isUsed, failure == 0 else { return failure }
    return close(STDOUT_FILENO) == 0 || errno == EINTR ? 0 : errno
  }

  private func dieOfBrokenPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(SIGPIPE)
    _exit(128 + SIGPIPE)
  }
}
