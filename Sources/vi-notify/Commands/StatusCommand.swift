import ArgumentParser
import Daemon
import Runs
import Storage

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show on one screen whether all is well, and what needs somebody.",
    discussion: """
      Reads the state: works beside a running watcher, after its end, and as a container's health check. The exit status is 0 if \
      all is well, 1 if something needs somebody.

      EXAMPLE
        vi-notify status
        vi-notify status --output json
      """)

  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      let report = try await StatusReport(store, .system) { ProcessSight($0) }
      switch format.output {
      case .json: Console.shared.print(report.json)
      case .table: for line in report.lines { Console.shared.print(Line(line)) }
      }
      if !report.reasons.isEmpty { throw Failure(.no, "") }
    }
  }
}
