import ArgumentParser
import Daemon
import JSONSource
import Rules
import Runs
import Storage

struct DeliveriesReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Have deliveries sent again, under the ids they had.",
    discussion: """
      Those that are delivered or dead become due at once; a watcher that runs sends them, at the pace their destinations \
      allow, else the next one that is started does. The receiver sees the same webhook-id with a fresh timestamp.

      EXAMPLE
        vi-notify deliveries replay msg_0123456789abcdef
        vi-notify deliveries replay --status dead --destination team-chat --since 2d --dry-run
      """)

  enum Status: String, ExpressibleByArgument, CaseIterable {
    case delivered, dead
  }

  @Argument(help: "Deliveries; with none, all that the options choose.")
  var ids: [String] = []
  @Option(help: "Only deliveries that are delivered or dead.")
  var status: Status?
  @Option(help: ArgumentHelp("Only deliveries of this rule.", valueName: "name"))
  var rule: String?
  @Option(help: ArgumentHelp("Only deliveries to this destination.", valueName: "name"))
  var destination: String?
  @Option(help: ArgumentHelp("Only deliveries about this run.", valueName: "id"))
  var run: String?
  @Option(help: "Only deliveries that were created since: a duration such as 2d, or a time.")
  var since: SinceArgument?
  @Flag(help: "Say which, and change nothing.")
  var dryRun = false
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func validate() throws {
    if ids.isEmpty, status == nil, rule == nil, destination == nil, run == nil, since == nil {
      throw ValidationError("say which: ids, or at least one of --status, --rule, --destination, --run, --since")
    }
  }

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      let replayed = try await store.replay(filter, at: TimeSource.system.now())
      try refuse(ids.filter { !replayed.contains($0) }, store)
      report(replayed)
    }
  }

  private var filter: ReplayFilter {
    var filter = ReplayFilter()
    filter.ids = ids
    filter.status = status.flatMap { DeliveryStatus(rawValue: $0.rawValue) }
    filter.rule = rule
    filter.destination = destination
    filter.runID = run
    filter.since = since.flatMap { $0.since.time(before: TimeSource.system.now()) }
    filter.isDryRun = dryRun
    return filter
  }

  private func refuse(_ missing: [String], _ store: SQLiteStore) throws(Failure) {
    guard !missing.isEmpty else { return }
    throw Failure(
      .no,
      "not sent again: \(missing.joined(separator: ", ")): there is no such delivery, it is still waiting, or the "
        + "options leave it out; see: vi-notify deliveries list")
  }

  private func report(_ ids: [String]) {
    switch format.output {
    case .json:
      var json = JSONWriter()
      json.array(ids) { $0.string($1) }
      Console.shared.print(json.bytes)
    case .table:
      for id in ids { Console.shared.print(Line(id)) }
      let what = ids.count == 1 ? "1 delivery" : "\(ids.count) deliveries"
      Console.shared.say(
        dryRun ? "\(what) would be sent again" : "\(what) will be sent again by the watcher that runs, or the next one")
    }
  }
}
