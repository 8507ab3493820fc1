import Logging
import Runs
import Secrets

/// Log lines on stderr: time, level, a constant phrase, and values as `name=value`. They contain no secret and never block.
struct LogLines: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel = Logger.Level.info
  private let redactor: Redactor

  init(redactor: Redactor) {
    self.redactor = redactor
  }

  static func logger(_ redactor: Redactor) -> Logger {
    Logger(label: "vi-notify") { _ in LogLines(redactor: redactor) }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let pairs = values.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
    let line = redactor.redact("\(event.message)\(pairs)")
    let console = Console.shared
    let time = TimeSource.system.now().iso8601
    console.log("\(console.paint(time, .grey)) \(level(event.level)) \(line)")
  }

  private func level(_ level: Logger.Level) -> Line {
    let console = Console.shared
    return switch level {
    case .warning: console.paint("warning", .yellow)
    case .error, .critical: console.paint("error", .red)
    default: "\(level)"
    }
  }

  /// Like logfmt: bare words are not quoted.
  private func quoted(_ value: String) -> String {
    let isBare =
      !value.isEmpty
      && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    return isBare ? value : "\"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}
