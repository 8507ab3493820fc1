import Logging

/// The log of the demo: the usual events, in words for a first-time reader.
struct DemoNarrator: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel = Logger.Level.info

  static func logger() -> Logger {
    Logger(label: "demo") { _ in DemoNarrator() }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = (event.metadata ?? [:]).mapValues { "\($0)" }
    func value(_ key: String) -> String { values[key] ?? "" }
    let console = Console.shared
    switch "\(event.message)" {
    case "run changed":
      let colour: Console.Colour = value("to") == "failed" ? .red : value("to") == "succeeded" ? .green : .yellow
      console.log("  \(value("flow")): \(console.paint("\(value("from")) → \(value("to"))", colour))")
    case "hook wrote": console.log("      the hook says: \(value("line"))")
    case "delivered":
      let what =
        switch value("destination") {
        case "download": "the model is downloaded"
        case "hook": "the hook has ended"
        default: "delivered to \(value("destination"))"
        }
      console.log("      \(console.paint("✓", .green)) \(value("rule")): \(what)")
    case "attempt failed, it will be repeated":
      console.log("      \(console.paint("…", .yellow)) \(value("rule")): \(value("reason")); retrying in 5 s")
    case let other where event.level >= .warning: console.log("  \(other): \(values)")
    default: break
    }
  }
}
