import ArgumentParser
import Daemon
import Rules
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
      The newest 50 unless --limit or --all says otherwise. On a terminal the table fits its width, times are local and ids are cut to \
      a beginning that can be typed in their place; in a pipe the table is whole.

      EXAMPLE
        vi-notify deliveries list --run run_abc123
        vi-notify deliveries list --status dead --since 2d
      """)

  enum Status: String, ExpressibleByArgument, CaseIterable {
    case pending, delivered, dead
  }

  @Option(help: "Only deliveries that are pending, delivered or dead.")
  var status: Status?
  @Option(help: ArgumentHelp("Only deliveries about this run.", valueName: "id"), completion: StateCompletion.runs)
  var run: String?
  @Option(help: ArgumentHelp("Only deliveries of this rule.", valueName: "name"), completion: StateCompletion.rules)
  var rule: String?
  @Option(
    help: ArgumentHelp("Only deliveries to this destination.", valueName: "name"),
    completion: StateCompletion.destinations)
  var destination: String?
  @Option(help: "Only deliveries created since then: a duration such as 2d, or a time.")
  var since: SinceArgument?
  @Option(help: ArgumentHelp("The maximum number of deliveries; the newest are listed.", valueName: "number"))
  var limit: Int?
  @Flag(help: "List all deliveries.")
  var all = false
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func validate() throws {
    if all, limit != nil { throw ValidationError("--all and --limit contradict each other: give one of them") }
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) lists nothing; give at least 1, or --all") }
  }

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      let run = try await Identifiers.run(run, store)
      try await NameFilters(rule: rule, destination: destination, run: run).check(store)
      let waits = try await WaitReport(store)
      var filter = DeliveryFilter(
        status: status.flatMap { DeliveryStatus(rawValue: $0.rawValue) }, runID: run, rule: rule,
        destination: destination, since: since?.since.time(before: waits.now))
      let digests = try await digests(of: run, store)
      let total = try await store.deliveryCount(filter) + digests.count
      filter.limit = all ? nil : max(0, (limit ?? 50) - digests.count)
      let report = DeliveryReport(
        records: try await store.deliveries(filter), digests: digests, waits: waits)
      switch format.output {
      case .json: Console.shared.print(report.json)
      case .table: report.print()
      }
      say(total, shown: report.count)
    }
  }

  /// They are pending, and have no delivery yet.
  private func digests(of run: String?, _ store: any StateStore) async throws(StorageError) -> [CollectingDigest] {
    guard status ?? .pending == .pending else { return [] }
    let since = since?.since.time(before: TimeSource.system.now())
    return try await store.collectingDigests(run: run).filter { digest in
      rule ?? digest.rule == digest.rule && destination ?? digest.destination == digest.destination
        && since.map { $0 <= digest.begunAt } ?? true
    }
  }

  private func say(_ total: Int, shown: Int) {
    let isFiltered = status != nil || run != nil || rule != nil || destination != nil || since != nil
    if total == 0, format.output == .table {
      Console.shared.say(isFiltered ? "no delivery is like that" : "there are no deliveries yet")
    }
    guard total > shown else { return }
    Console.shared.say("showing the newest \(shown) of \(total.grouped); --limit N or --all shows more")
  }
}

struct DeliveriesShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one delivery: its content and every attempt.",
    discussion: """
      EXAMPLE
        vi-notify deliveries show msg_0123456789abcdef --output json
      """)

  @Argument(help: "The delivery's id, or a beginning of it that is unique.", completion: StateCompletion.deliveries)
  var id: String
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      let waits = try await WaitReport(store)
      let digests = try await store.collectingDigests(run: nil)
      if !id.isEmpty, let digest = digests.first(where: { $0.id.hasPrefix(id) }), id.hasPrefix("dig_") {
        return DeliveryReport.print(digest, format.output, waits)
      }
      let whole = try await Identifiers.delivery(id, store)
      guard let detail = try await store.delivery(id: whole) else {
        throw Failure(.no, "there is no delivery \(id); vi-notify deliveries list shows their ids")
      }
      DeliveryReport.print(detail, format.output, waits)
    }
  }
}

extension Int {
  /// With a comma between thousands: `4,958`.
  var grouped: String {
    let digits = String(magnitude)
    let parts = stride(from: digits.count, to: 0, by: -3).map { end in
      digits.dropLast(digits.count - end).suffix(3)
    }
    return (self < 0 ? "-" : "") + parts.reversed().joined(separator: ",")
  }
}
