import ArgumentParser
import Daemon
import Rules
import Runs
import Storage

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Show everything known about a run: events, rules that fired and why others didn't, deliveries and attempts.",
    discussion: """
      Shows what was seen of it, which rules fired and why the others didn't (by the rules file in use at that time), and every \
      delivery and attempt, in order of time. Works beside a running watcher. The exit status is 1 if the run is unknown.

      EXAMPLE
        vi-notify explain run_abc123
        vi-notify explain run_abc123 --output json | jq '.timeline[] | select(.kind == "rule")'
      """)

  @Argument(help: "The run's id, or a beginning of it that is unique.", completion: StateCompletion.runs)
  var id: String
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      // As it was typed when nothing here begins so: then the run is unknown, and not its id wrong.
      let id = try await Identifiers.run(self.id, store) ?? self.id
      guard let timeline = try await Timeline(of: id, store) else {
        throw Failure(
          .no,
          "run \(id) is unknown: no sweep of this state has seen it; see: vi-notify runs get \(id)"
        )
      }
      switch format.output {
      case .json: Console.shared.print(timeline.json)
      case .table: timeline.print()
      }
    }
  }
}
