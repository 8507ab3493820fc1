import ArgumentParser
import Daemon
import JSONSource
import Rules
import Runs
import Storage

struct DeliveriesReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Send deliveries again under their original ids.",
    discussion: """
      Delivered and dead deliveries become due at once; a running watcher sends them, as fast as their destinations allow, or the \
      next one that starts does. The receiver sees the same webhook-id with a new timestamp. A delivery that still waits, and is \
      named by its id, becomes due now, too, and its destination is probed at once.

      --to sends them to another destination with their original content: an event, or a default message, to any destination; your \
      own message only to one of the same type. Delivered ones are then left out unless you ask for them.

      EXAMPLE
        vi-notify deliveries replay msg_0123456789abcdef
        vi-notify deliveries replay --status dead --destination team-chat --since 2d --dry-run
        vi-notify deliveries replay --destination old-chat --to team-chat
      """)

  enum Status: String, ExpressibleByArgument, CaseIterable {
    case delivered, dead
  }

  @Argument(help: "Ids of deliveries; default: all that the options select.")
  var ids: [String] = []
  @Option(help: "Only deliveries that are delivered or dead.")
  var status: Status?
  @Option(help: ArgumentHelp("Only deliveries of this rule.", valueName: "name"))
  var rule: String?
  @Option(help: ArgumentHelp("Only deliveries to this destination.", valueName: "name"))
  var destination: String?
  @Option(help: ArgumentHelp("Only deliveries about this run.", valueName: "id"))
  var run: String?
  @Option(help: "Only deliveries created since then: a duration such as 2d, or a time.")
  var since: SinceArgument?
  @Option(help: ArgumentHelp("Send them to this destination instead.", valueName: "name"))
  var to: String?
  @Flag(help: "List them and change nothing.")
  var dryRun = false
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func validate() throws {
    if ids.isEmpty, status == nil, rule == nil, destination == nil, run == nil, since == nil {
      throw ValidationError("name deliveries: ids, or at least one of --status, --rule, --destination, --run, --since")
    }
  }

  func run() async throws {
    try await ending {
      let store = dryRun ? try state.openForReading() : try state.openForWriting()
      defer { store.close() }
      try await NameFilters(rule: rule, destination: destination, run: run).check(store)
      if let to { return try await redirect(to, store) }
      let replayed = try await store.replay(filter, at: TimeSource.system.now())
      let others = ids.filter { !replayed.contains($0) }
      let hastened = try await hasten(others, store)
      try refuse(others.filter { !hastened.contains($0) }, store)
      report(replayed, hastened)
    }
  }

  private func redirect(_ name: String, _ store: any StateStore) async throws {
    guard let names = try await store.knownNames() else {
      throw Failure(
        .no,
        "no watcher of this version has used this state yet, so its destinations are unknown; start one, then try again"
      )
    }
    try NameFilters.check("destination", name, Set(names.destinations.keys))
    let result = try await store.redirect(
      filter, to: name, type: names.destinations[name] ?? "", at: TimeSource.system.now())
    let unfit = result.unfit.joined(separator: ", ")
    let why =
      "their content was made for another type of destination than \(name); vi-notify deliveries show ID shows it"
    if !ids.isEmpty, !result.unfit.isEmpty {
      throw Failure(.no, "nothing was changed, because \(unfit) can't go there: \(why)")
    }
    try refuse(ids.filter { !result.moved.contains($0) }, store)
    report(result.moved, [])
    if !result.unfit.isEmpty { Console.shared.say("unchanged: \(unfit): \(why)") }
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

  /// Makes named deliveries due that still wait. Returns their previous states.
  private func hasten(_ ids: [String], _ store: any StateStore) async throws -> [String] {
    let isNamed = status == nil && rule == nil && destination == nil && run == nil && since == nil
    guard isNamed, !ids.isEmpty else { return [] }
    if !dryRun { return try await store.hasten(ids: ids, at: TimeSource.system.now()) }
    let waiting = try await store.deliveries(DeliveryFilter(status: .pending)).map(\.id)
    return ids.filter(waiting.contains)
  }

  private func refuse(_ missing: [String], _ store: any StateStore) throws(Failure) {
    guard !missing.isEmpty else { return }
    throw Failure(
      .no,
      "not sent again: \(missing.joined(separator: ", ")): there is no such delivery, or the options exclude it; see: "
        + "vi-notify deliveries list")
  }

  private func report(_ replayed: [String], _ hastened: [String]) {
    switch format.output {
    case .json:
      var json = JSONWriter()
      json.array(replayed + hastened) { $0.string($1) }
      Console.shared.print(json.bytes)
    case .table:
      for id in replayed + hastened { Console.shared.print(Line(id)) }
      if !replayed.isEmpty || hastened.isEmpty { Console.shared.say(Line(words(replayed))) }
    }
    for id in hastened {
      Console.shared.say(
        "\(id) is still waiting; it \(dryRun ? "would be" : "is") due now, and its destination probed at once"
      )
    }
  }

  private func words(_ replayed: [String]) -> String {
    let what = replayed.count == 1 ? "1 delivery" : "\(replayed.count) deliveries"
    return dryRun
      ? "\(what) would be sent again" : "\(what) will be sent again by the watcher that runs, or the next one"
  }
}
