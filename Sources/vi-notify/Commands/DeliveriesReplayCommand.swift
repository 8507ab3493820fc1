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
      next one that starts does. The receiver sees the same webhook-id with a new timestamp.

      What still waits is left as it is, and you are told what it waits for. With --now it becomes due now, and its destination is \
      probed at once, also into a pause that it asked for; a digest that still collects is sent as it is. Delivered ones are then left \
      out unless you ask for them.

      --to sends them to another destination with their original content: an event, or a default message, to any destination; your \
      own message only to one of the same type. Delivered ones are then left out unless you ask for them.

      EXAMPLE
        vi-notify deliveries replay msg_0123456789abcdef
        vi-notify deliveries replay --status dead --destination team-chat --since 2d --dry-run
        vi-notify deliveries replay --destination team-chat --now
        vi-notify deliveries replay --destination old-chat --to team-chat
      """)

  enum Status: String, ExpressibleByArgument, CaseIterable {
    case pending, delivered, dead
  }

  @Argument(
    help: "Ids of deliveries, or beginnings of them that are unique; default: all that the options select.",
    completion: StateCompletion.deliveries)
  var ids: [String] = []
  @Option(help: "Only deliveries that are pending (with --now or --to), delivered or dead.")
  var status: Status?
  @Option(help: ArgumentHelp("Only deliveries of this rule.", valueName: "name"), completion: StateCompletion.rules)
  var rule: String?
  @Option(
    help: ArgumentHelp("Only deliveries to this destination.", valueName: "name"),
    completion: StateCompletion.destinations)
  var destination: String?
  @Option(help: ArgumentHelp("Only deliveries about this run.", valueName: "id"), completion: StateCompletion.runs)
  var run: String?
  @Option(help: "Only deliveries created since then: a duration such as 2d, or a time.")
  var since: SinceArgument?
  @Option(
    help: ArgumentHelp("Send them to this destination instead.", valueName: "name"),
    completion: StateCompletion.destinations)
  var to: String?
  @Flag(help: "Also make due what still waits, and probe its destination at once.")
  var now = false
  @Flag(help: "List them and change nothing.")
  var dryRun = false
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func validate() throws {
    if ids.isEmpty, status == nil, rule == nil, destination == nil, run == nil, since == nil {
      throw ValidationError("name deliveries: ids, or at least one of --status, --rule, --destination, --run, --since")
    }
    if status == .pending, !now, to == nil {
      throw ValidationError(
        "what is pending goes by itself when its time comes; add --now to make it due at once, or --to NAME to send it elsewhere"
      )
    }
  }

  func run() async throws {
    try await ending {
      let store = dryRun ? try state.openForReading() : try state.openForWriting()
      defer { store.close() }
      let run = try await Identifiers.run(run, store)
      try await NameFilters(rule: rule, destination: destination, run: run).check(store)
      var filter = filter
      filter.runID = run
      let digests = to == nil ? try await store.collectingDigests(run: run) : []
      for id in ids {
        let found = try await store.ids(.delivery, beginning: id, limit: Identifiers.most + 1)
        filter.ids.append(
          try Identifiers.pick(
            id, among: found + digests.map(\.id),
            otherwise: "there is no delivery \(id); vi-notify deliveries list shows their ids"))
      }
      if let to { return try await redirect(filter, to, store) }
      try await replay(filter, digests, store)
    }
  }

  private func replay(
    _ filter: ReplayFilter, _ digests: [CollectingDigest], _ store: any StateStore
  ) async throws {
    let waits = try await WaitReport(store)
    let waiting =
      try await waiting(filter, store).map { Waiting(id: $0.id, wait: waits.wait(of: $0)) }
      + collecting(filter, digests).map { Waiting(id: $0.id, wait: waits.wait(of: $0)) }
    var filter = filter
    // What has arrived is repeated only for those who ask for it.
    if now, filter.ids.isEmpty, filter.status == nil { filter.status = .dead }
    let replayed = status == .pending ? [] : try await store.replay(filter, by: .thisCommand, at: waits.now)
    try refuse(filter.ids.filter { id in !replayed.contains(id) && !waiting.contains { $0.id == id } })
    if now, !dryRun { _ = try await store.hasten(ids: waiting.map(\.id), by: .thisCommand, at: waits.now) }
    report(replayed + (now ? waiting.map(\.id) : []))
    if !replayed.isEmpty || waiting.isEmpty { Console.shared.say(Line(words(replayed))) }
    say(waiting, PeopleTime(now: waits.now))
    if replayed.isEmpty, !waiting.isEmpty, !now { throw Failure(.no, "nothing was sent again") }
  }

  /// A delivery, or a digest, that is meant and waits.
  private struct Waiting {
    let id: String
    let wait: Wait?
  }

  /// Those that are meant and haven't settled.
  private func waiting(_ filter: ReplayFilter, _ store: any StateStore) async throws(StorageError) -> [DeliveryRecord] {
    guard filter.status ?? .pending == .pending else { return [] }
    let all = try await store.deliveries(
      DeliveryFilter(
        status: .pending, runID: filter.runID, rule: filter.rule, destination: filter.destination, since: filter.since))
    return filter.ids.isEmpty ? all : all.filter { filter.ids.contains($0.id) }
  }

  /// Digests that are meant and still collect.
  private func collecting(_ filter: ReplayFilter, _ digests: [CollectingDigest]) -> [CollectingDigest] {
    guard filter.status ?? .pending == .pending else { return [] }
    return digests.filter { digest in
      (filter.ids.isEmpty || filter.ids.contains(digest.id)) && filter.rule ?? digest.rule == digest.rule
        && filter.destination ?? digest.destination == digest.destination
        && filter.since.map { $0 <= digest.begunAt } ?? true
    }
  }

  private func redirect(_ filter: ReplayFilter, _ name: String, _ store: any StateStore) async throws {
    guard let names = try await store.knownNames() else {
      throw Failure(
        .no,
        "no watcher of this version has used this state yet, so its destinations are unknown; start one, then try again"
      )
    }
    try NameFilters.check("destination", name, Set(names.destinations.keys))
    let result = try await store.redirect(
      filter, to: name, type: names.destinations[name] ?? "", by: .thisCommand, at: TimeSource.system.now())
    let unfit = result.unfit.joined(separator: ", ")
    let why =
      "their content was made for another type of destination than \(name); look at it: vi-notify deliveries show "
      + (result.unfit.first ?? "")
    if !filter.ids.isEmpty, !result.unfit.isEmpty {
      throw Failure(.no, "nothing was changed, because \(unfit) can't go there: \(why)")
    }
    try refuse(filter.ids.filter { !result.moved.contains($0) })
    report(result.moved)
    Console.shared.say(Line(words(result.moved)))
    if !result.unfit.isEmpty { Console.shared.say("unchanged: \(unfit): \(why)") }
  }

  private var filter: ReplayFilter {
    var filter = ReplayFilter()
    filter.status = status.flatMap { DeliveryStatus(rawValue: $0.rawValue) }
    filter.rule = rule
    filter.destination = destination
    filter.runID = run
    filter.since = since.flatMap { $0.since.time(before: TimeSource.system.now()) }
    filter.isDryRun = dryRun
    return filter
  }

  private func refuse(_ missing: [String]) throws(Failure) {
    guard !missing.isEmpty else { return }
    throw Failure(
      .no,
      "not sent again: \(missing.joined(separator: ", ")): the options exclude it; see: vi-notify deliveries list")
  }

  private func report(_ ids: [String]) {
    switch format.output {
    case .json:
      var json = JSONWriter()
      json.array(ids) { $0.string($1) }
      Console.shared.print(json.bytes)
    case .table: for id in ids { Console.shared.print(Line(id)) }
    }
  }

  /// What is with those that wait, together with others that wait for the same.
  private func say(_ waiting: [Waiting], _ time: PeopleTime) {
    var groups: [(why: String, isMissing: Bool, ids: [String])] = []
    for item in waiting {
      let isMissing = if case .missing = item.wait { true } else { false }
      let why = item.wait?.words(time.inWords) ?? ""
      if let index = groups.firstIndex(where: { $0.why == why }) {
        groups[index].ids.append(item.id)
      } else {
        groups.append((why, isMissing, [item.id]))
      }
    }
    for group in groups { Console.shared.say(Line(words(group.ids, group.why, isMissing: group.isMissing))) }
  }

  private func words(_ ids: [String], _ why: String, isMissing: Bool) -> String {
    let isOne = ids.count == 1
    let who = ids.count <= 3 ? ids.joined(separator: ", ") : "\(ids.count.grouped) deliveries"
    if isMissing { return "\(who) can go nowhere: \(why); --to NAME sends \(isOne ? "it" : "them") elsewhere" }
    guard now else {
      let due =
        isOne ? "it becomes due, and its destination is probed" : "they become due, and the destination is probed"
      return "\(who) still \(isOne ? "waits" : "wait") for: \(why); with --now \(due)"
    }
    let are = dryRun ? "would be" : isOne ? "is" : "are"
    return "\(who) \(isOne ? "was" : "were") waiting for: \(why); "
      + "\(isOne ? "it" : "they") \(are) due now, and \(isOne ? "its" : "the") destination probed at once"
  }

  private func words(_ replayed: [String]) -> String {
    let what = replayed.count == 1 ? "1 delivery" : "\(replayed.count.grouped) deliveries"
    return dryRun
      ? "\(what) would be sent again" : "\(what) will be sent again by the watcher that runs, or the next one"
  }
}
