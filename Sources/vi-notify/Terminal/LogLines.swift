import Logging
import Runs
import Secrets

/// The log on stderr: a level, a constant phrase, and values. It contains no secret and never blocks.
///
/// On a terminal it is written for the eye, with colours; elsewhere as ``LogFormat`` says.
struct LogLines: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel: Logger.Level
  private let redactor: Redactor
  /// Nil: for the eye.
  private let format: LogFormat?

  /// - Parameter format: nil: for the eye on a terminal, else as text.
  static func logger(_ redactor: Redactor, format: LogFormat? = nil, level: Logger.Level = .info) -> Logger {
    let format = format ?? (Console.shared.isLively ? nil : .text)
    return Logger(label: "vi-notify") { _ in LogLines(logLevel: level, redactor: redactor, format: format) }
  }

  private init(logLevel: Logger.Level, redactor: Redactor, format: LogFormat?) {
    self.logLevel = logLevel
    self.redactor = redactor
    self.format = format
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    // Each value by itself: what stands around it may be escaped.
    let values = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { redactor.redact("\($0)") }
    let message = redactor.redact("\(event.message)")
    let console = Console.shared
    let time = TimeSource.system.now().iso8601
    guard let format else {
      let pairs = values.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted($0.value))" }.joined()
      return console.log("\(console.paint(time, .grey)) \(level(event.level)) \(message)\(pairs)")
    }
    let isJournal = JournalStream.isStderr
    let line = format.line(time: isJournal ? nil : time, event.level, message, values)
    console.log("\(isJournal ? "<\(event.level.priority)>" : "")\(line)")
  }

  private func level(_ level: Logger.Level) -> Line {
    let console = Console.shared
    return switch level {
    case .warning: console.paint("warning", .yellow)
    case .error, .critical: console.paint("error", .red)
    default: "\(level)"
    }
  }

  private func quoted(_ value: String) -> String {
    let isBare =
      !value.isEmpty
      && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    return isBare ? value : "\"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}
