import Logging
import Runs
import Secrets

/// The log on stderr: a level, a constant phrase, and values. It contains no secret and never blocks.
///
/// On a terminal it is written for a person (``PersonLog``); elsewhere as ``LogFormat`` says.
struct LogLines: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel: Logger.Level
  private let redactor: Redactor
  /// Nil: for the eye.
  private let format: LogFormat?
  private let person = PersonLog()

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
    let now = TimeSource.system.now()
    guard let format else {
      for line in person.lines(at: now, event.level, message, values) { console.log(line) }
      return
    }
    let time = now.iso8601
    let isJournal = JournalStream.isStderr
    let line = format.line(time: isJournal ? nil : time, event.level, message, values)
    console.log("\(isJournal ? "<\(event.level.priority)>" : "")\(line)")
  }
}
