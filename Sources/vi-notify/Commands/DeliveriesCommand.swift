import ArgumentParser
import Daemon
import Runs
import Storage

struct DeliveriesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deliveries", abstract: "Inspect the outbox and its dead letters, and send deliveries again.",
    discussion: """
      Works beside a running watcher.

      EXAMPLE
        vi-notify deliveries list --status dead
        vi-notify deliveries show msg_0123456789abcdef
      """,
    subcommands: [DeliveriesListCommand.self, DeliveriesShowCommand.self, DeliveriesReplayCommand.self])
}

struct DeliveriesListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List deliveries, newest last.",
    discussion: """
      EXAMPLE
        vi-notify deliveries list --run run_abc123
      """)

  enum Status: String, ExpressibleByArgument, CaseIterable {
    case pending, delivered, dead
  }

  @Option(help: "Only deliveries that are pending, delivered or dead.")
  var status: Status?
  @Option(help: ArgumentHelp("Only deliveries about this run.", valueName: "id"))
  var run: String?
  @Option(help: ArgumentHelp("Only deliveries of this rule.", valueName: "name"))
  var rule: String?
  @Option(help: ArgumentHelp("Only deliveries to this destination.", valueName: "name"))
  var destination: String?
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      let status = status.flatMap { DeliveryStatus(rawValue: $0.rawValue) }
      defer { store.close() }
      try await NameFilters(rule: rule, destination: destination, run: run).check(store)
      let records = try await store.deliveries(
        DeliveryFilter(status: status, runID: run, rule: rule, destination: destination))
      let destinations = try await store.destinationStates()
      DeliveryReport.print(records, format.output, try await WaitReport(store, now: TimeSource.system.now()))
      // Only those in the list.
      let listed = Set(records.map(\.destination.name))
      let held = DestinationReport.lines(
        destinations.filter { listed.contains($0.name) }, now: TimeSource.system.now())
      guard format.output == .table, !held.isEmpty else { return }
      Console.shared.print("")
      for line in held { Console.shared.print(Line(line)) }
    }
  }
}

struct DeliveriesShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one delivery: its content and every attempt.",
    discussion: """
      EXAMPLE
        vi-notify deliveries show msg_0123456789abcdef --output json
      """)

  @Argument(help: "The delivery's id.")
  var id: String
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      let detail = try await store.delivery(id: id)
      guard let detail else {
        throw Failure(.no, "there is no delivery \(id); vi-notify deliveries list shows their ids")
      }
      DeliveryReport.print(detail, format.output, try await WaitReport(store, now: TimeSource.system.now()))
    }
  }
}
