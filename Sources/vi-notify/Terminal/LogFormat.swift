import ArgumentParser
import Glibc
import JSONSource
import Logging

/// How a log line is written.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  /// logfmt: `level=info msg="run changed" run=run_1 …`, as Go's logfmt and Loki read it.
  case text
  /// One JSON object a line.
  case json

  /// What people look for comes first; everything else by name.
  private static let first = ["run", "rule", "destination", "delivery"]

  /// - Parameter time: RFC 3339; nil: whoever reads the line knows when it came.
  func line(time: String?, _ level: Logger.Level, _ message: String, _ values: [String: String]) -> String {
    let keys = Self.first.filter { values[$0] != nil } + values.keys.filter { !Self.first.contains($0) }.sorted()
    let pairs =
      (time.map { [("time", $0)] } ?? []) + [("level", level.rawValue), ("msg", message)]
      + keys.map { (Self.safe($0), values[$0] ?? "") }
    switch self {
    case .text: return pairs.map { "\($0.0)=\(Self.logfmt($0.1))" }.joined(separator: " ")
    case .json:
      let json = JSONWriter.object { json in for (key, value) in pairs { json.member(key, value) } }
      return String(decoding: json, as: UTF8.self)
    }
  }

  /// A field can't take the name of one of ours.
  private static func safe(_ key: String) -> String {
    ["time", "level", "msg"].contains(key) ? "\(key)_" : key
  }

  /// A value as logfmt has it: bare where it can be, else in quotation marks with JSON's escapes, which Go's reader takes.
  private static func logfmt(_ value: String) -> String {
    let isBare =
      !value.isEmpty
      && value.utf8.allSatisfy {
        $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\\")
      }
    if isBare { return value }
    var json = JSONWriter()
    json.string(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

/// The level of a log as typed.
struct LogLevel: ExpressibleByArgument {
  let level: Logger.Level

  init?(argument: String) {
    guard let level = Logger.Level(rawValue: argument) else { return nil }
    self.level = level
  }

  static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
}

extension Logger.Level {
  /// As `sd-daemon(3)` numbers them, for `<N>` before a line.
  var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}

/// Whether stderr is a stream of the journal, which knows the time itself and reads `<N>` as a priority (systemd.exec(5),
/// `$JOURNAL_STREAM`). A child may inherit the variable and not the stream, so that the numbers decide.
enum JournalStream {
  static let isStderr: Bool = {
    guard let named = getenv("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard fstat(STDERR_FILENO, &status) == 0 else { return false }
    return String(cString: named) == "\(status.st_dev):\(status.st_ino)"
  }()
}
