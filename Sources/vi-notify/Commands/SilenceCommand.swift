import ArgumentParser
import Daemon
import JSONSource
import Rules
import Runs
import Storage

struct SilenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "silence", abstract: "Keep rules quiet for a while, list what is silenced, or end it.",
    discussion: """
      What a silenced rule would send is recorded and not sent; explain shows it, and the rule's next message counts it. A running \
      watcher obeys from its next poll on. Later steps of a chain that has begun go on.

      EXAMPLE
        vi-notify silence add --for 2h --destination team-chat --reason "moving the chat"
        vi-notify silence list
        vi-notify silence end sil_0123abcd
      """,
    subcommands: [SilenceAddCommand.self, SilenceListCommand.self, SilenceEndCommand.self])
}

struct SilenceAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Silence rules or destinations.",
    discussion: """
      Without --rule, --destination and --match nothing is sent at all. Of several options all must hold.

      EXAMPLE
        vi-notify silence add --for 8h --rule nightly --reason "known to fail until Monday"
        vi-notify silence add --for 1d --match '{"flow": [{"prefix": "test-"}]}' --reason "trying something"
      """)

  @Option(name: .customLong("for"), help: ArgumentHelp("How long, such as 2h or 7d.", valueName: "duration"))
  var duration: DurationArgument
  @Option(
    help: ArgumentHelp("Only this rule; may be given several times.", valueName: "name"),
    completion: StateCompletion.rules)
  var rule: [String] = []
  @Option(
    help: ArgumentHelp("Only messages to this destination; may be given several times.", valueName: "name"),
    completion: StateCompletion.destinations)
  var destination: [String] = []
  @Option(help: ArgumentHelp("Only events that match this event pattern, JSON.", valueName: "pattern"))
  var match: String?
  @Option(help: ArgumentHelp("Why, for those who will look.", valueName: "text"))
  var reason: String
  @OptionGroup var state: StateOption

  private static let longest: Duration = .seconds(365 * 86_400)

  func validate() throws {
    if duration.duration < .seconds(1) || duration.duration > Self.longest {
      throw ValidationError(
        "--for must be between 1s and 365d, such as 2h: a longer silence is a rule to switch off (\"enabled\": false)")
    }
    if reason.allSatisfy(\.isWhitespace) {
      throw ValidationError("--reason is empty: say why, for those who will look")
    }
    if reason.count > 500 {
      throw ValidationError("--reason is longer than 500 characters: it is shown on one line; keep the rest elsewhere")
    }
    if let match, let problem = EventPatternText.problem(in: match) { throw ValidationError("--match: \(problem)") }
  }

  func run() async throws {
    try await ending {
      let store = try state.openForWriting()
      defer { store.close() }
      for name in rule { try await NameFilters(rule: name, destination: nil, run: nil).check(store) }
      for name in destination { try await NameFilters(rule: nil, destination: name, run: nil).check(store) }
      let now = TimeSource.system.now()
      let silence = Silence(
        id: "sil_\(String(UInt64.random(in: .min ... .max), radix: 16))", createdAt: now,
        until: now + duration.duration,
        reason: reason, rules: Set(rule), destinations: Set(destination), pattern: match.map { Array($0.utf8) })
      try await store.add(silence, by: .thisCommand)
      Console.shared.print("\(silence.id)")
      Console.shared.say(
        "silenced until \(PeopleTime(now: now).inWords(silence.until)); vi-notify silence end \(silence.id) ends it")
    }
  }
}

struct SilenceListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the active silences.",
    discussion: """
      EXAMPLE
        vi-notify silence list --all --output json
      """)

  @Flag(help: "Also those that are over.")
  var all = false
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      let now = TimeSource.system.now()
      let silences = try await store.silences().filter { all || $0.isActive(at: now) }
      switch format.output {
      case .json: Console.shared.print(json(silences, now))
      case .table:
        if silences.isEmpty {
          Console.shared.say("nothing is silenced")
        } else {
          table(silences, now).print()
        }
      }
    }
  }

  private func table(_ silences: [Silence], _ now: Timestamp) -> Table {
    var table = Table([
      .init(title: "SILENCE", least: .max), .init(title: "UNTIL", least: .max),
      .init(title: "RULES", rank: 2, least: 8),
      .init(title: "DESTINATIONS", rank: 1, least: 8), .init(title: "REASON", least: 12),
    ])
    let time = PeopleTime(now: now)
    for silence in silences {
      let (end, word) = (silence.endedAt ?? silence.until, silence.endedAt == nil ? "" : "ended ")
      table.add([
        .init(silence.id), .init(word + time.stamp(end), short: word + time.distance(end)),
        .init(silence.rules.isEmpty ? "all" : silence.rules.sorted().joined(separator: ", ")),
        .init(silence.destinations.isEmpty ? "all" : silence.destinations.sorted().joined(separator: ", ")),
        .init(silence.reason),
      ])
    }
    return table
  }

  private func json(_ silences: [Silence], _ now: Timestamp) -> [UInt8] {
    var json = JSONWriter()
    json.array(silences) { json, silence in
      json.object { json in
        json.member("id", silence.id)
        json.member("active", silence.isActive(at: now))
        json.member("createdAt", silence.createdAt.iso8601)
        json.member("until", silence.until.iso8601)
        json.member("endedAt", silence.endedAt?.iso8601)
        json.member("reason", silence.reason)
        json.member("rules") { $0.array(silence.rules.sorted()) { $0.string($1) } }
        json.member("destinations") { $0.array(silence.destinations.sorted()) { $0.string($1) } }
        if let pattern = silence.pattern { json.member("match", raw: pattern) }
      }
    }
    return json.bytes
  }
}

struct SilenceEndCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "end", abstract: "End a silence before its time.",
    discussion: """
      EXAMPLE
        vi-notify silence end sil_0123abcd
      """)

  @Argument(help: "The silence's id, or a beginning of it that is unique.", completion: StateCompletion.silences)
  var id: String
  @OptionGroup var state: StateOption

  func run() async throws {
    try await ending {
      let store = try state.openForWriting()
      defer { store.close() }
      let active = try await store.silences().filter { $0.isActive(at: TimeSource.system.now()) }.map(\.id)
      let known = active.isEmpty ? "nothing is silenced" : "active: \(active.joined(separator: ", "))"
      let nothing = "no silence \(id) is active; \(known)"
      let whole = try Identifiers.pick(id, among: active, otherwise: nothing)
      guard try await store.endSilence(id: whole, by: .thisCommand, at: TimeSource.system.now()) else {
        throw Failure(.no, nothing)
      }
    }
  }
}
