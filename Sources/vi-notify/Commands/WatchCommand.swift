import ArgumentParser
import Daemon
import Delivery
import Logging
import Rules
import Runs
import Secrets
import Storage
import Stores
import Transport

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Watch runs and act on them by the rules.",
    discussion: """
      Runs until SIGTERM or SIGINT; deliveries in flight then have 10 s to finish. Everything seen and everything to be sent is \
      written to the state file first, so that a crash or a restart loses nothing and sends nothing under a second id. A changed \
      rules file is read by itself, and at SIGHUP: its rules take over whole, or those in use stay and the log says why.

      EXAMPLE
        vi-notify --rules rules.json
        vi-notify watch --rules rules.json --run run_abc123 --until-done
        vi-notify watch --rules rules.json --once       from cron
        vi-notify watch --rules rules.json --dry-run    what would fire now, and be sent
        vi-notify watch --rules rules.json --listen 127.0.0.1:9469 --token-file token
      """)

  @Option(help: ArgumentHelp("The rules file.", valueName: "file"), completion: .file())
  var rules: String
  @Option(
    help: ArgumentHelp("Watch only this run; may be given several times.", valueName: "id"),
    completion: StateCompletion.runs)
  var run: [String] = []
  @Option(help: ArgumentHelp("The average time between two polls, such as 30s.", valueName: "duration"))
  var interval: DurationArgument?
  @Option(
    help:
      "Which ended runs count on the first start: now, all, a duration such as 2h, or a time such as 2026-11-27T08:00:00Z."
  )
  var since: SinceArgument?
  @Flag(help: "Poll once, deliver what is due, and exit.")
  var once = false
  @Flag(help: "Poll once, print what would fire and exactly what would be sent, and send and change nothing.")
  var dryRun = false
  @Flag(help: "Exit when every watched run has ended and every delivery is settled.")
  var untilDone = false
  @Option(
    help: ArgumentHelp(
      """
      Serve the status page, /metrics, health checks and the API there. Beyond this machine's own addresses a token is needed.
      """, valueName: "host:port"))
  var listen: String?
  @Option(
    help: ArgumentHelp("A file with the token that acting on the status port needs.", valueName: "file"))
  var tokenFile: String?
  @Option(help: "How log lines are written: text (logfmt) or json. Default: for the eye on a terminal, else text.")
  var logFormat: LogFormat?
  @Option(help: "The least level that is logged: trace, debug, info (the default), notice, warning, error or critical.")
  var logLevel: LogLevel?
  @Option(
    help: ArgumentHelp(
      "What this process does where several share a state: watch, deliver, hooks, separated by commas. Default: all.",
      valueName: "roles"))
  var role: RolesArgument?
  @Option(
    help: ArgumentHelp(
      "This machine, where several share a state: what follows a download is done where the files are. Default: the host's name.",
      valueName: "name"))
  var worker: String?
  @OptionGroup var state: StateOption

  func validate() throws {
    if once, untilDone { throw ValidationError("--once and --until-done contradict each other: give one of them") }
    if role != nil || worker != nil, once || dryRun || untilDone {
      throw ValidationError(
        "--role and --worker are for processes that go on: leave --once, --until-done and --dry-run out")
    }
    if dryRun, untilDone {
      throw ValidationError("--dry-run polls once and sends nothing: leave --until-done out")
    }
    if dryRun, listen != nil { throw ValidationError("--dry-run ends before anybody could ask: leave --listen out") }
    if once, listen != nil { throw ValidationError("--once ends before anybody could ask: leave --listen out") }
    if tokenFile != nil, listen == nil { throw ValidationError("--token-file is for --listen HOST:PORT: give both") }
    for id in run where !Run.isValid(id: id) {
      throw ValidationError("\(id.debugDescription) isn't a run id: use letters, digits, _ and - only")
    }
    if let interval, !(.milliseconds(100)...(.seconds(86_400))).contains(interval.duration) {
      throw ValidationError(
        "--interval must be from 100ms to 1d, such as 30s: the API is asked once in that time, on average")
    }
  }

  func run() async throws {
    try await ending {
      let configuration = try Configuration.load(
        rules, omitted: "nothing was started", machine: .system(Environment.variables))
      if dryRun { return try await rehearse(configuration) }
      try await watch(configuration)
    }
  }

  private func rehearse(_ configuration: Configuration) async throws {
    let http = Environment.http()
    let outcome = try await Rehearsal.run(
      configuration, settings(configuration), state: try state.name, http: http, time: .system,
      log: LogLines.logger(configuration.secrets.redactor, format: logFormat, level: logLevel?.level ?? .warning))
    await http.close()
    try RehearsalReport(outcome, configuration).print()
  }

  /// cron mails whatever is said: a look that went well says nothing, unless somebody asks for it or sits before it.
  private var level: Logger.Level {
    logLevel?.level ?? (once && !Console.shared.errorsAreTerminal ? .warning : .info)
  }

  private var mode: WatchMode {
    once ? .once : untilDone ? .untilDone : .forever
  }

  private func settings(_ configuration: Configuration) -> WatchSettings {
    var settings = configuration.file.watch
    if !run.isEmpty { settings.runs = run }
    if let interval { settings.interval = interval.duration }
    if let since { settings.since = since.since }
    return settings
  }

  /// To a person: what would make it speak.
  private func introduce(_ file: RuleFile) {
    guard Console.shared.isLively, logFormat == nil, mode != .once else { return }
    let shown = file.rules.prefix(5)
    for rule in shown {
      let on = rule.triggers.map(\.word).sorted().joined(separator: ", ")
      let isSilent = rule.isEnabled ? "" : " (not enabled)"
      Console.shared.say("  \(rule.name)\(isSilent): on \(on) → \(rule.places.joined(separator: ", "))")
    }
    if file.rules.count > shown.count { Console.shared.say("  and \(file.rules.count - shown.count) more rules") }
  }

  private func sharing(_ state: String) throws -> Daemon.Sharing {
    guard StateStores.letsShare(state) else {
      if role == nil, worker == nil { return .alone }
      throw ValidationError(
        "--role and --worker are for a state that several processes share, such as --state postgresql://HOST/DATABASE; a file has one process, "
          + "which does everything: leave them out")
    }
    return Daemon.Sharing(roles: role?.roles ?? Set(Role.allCases), worker: worker ?? "", isAllowed: mode != .once)
  }

  private func watch(_ configuration: Configuration) async throws {
    let name = try state.name
    let daemon = try await Daemon.prepare(
      configuration, settings: { settings($0) }, state: name, environment: Environment.variables,
      version: Version.current, http: Environment.http(), downloads: Environment.storage(),
      port: try listen.map { address throws(Failure) in
        try PortSettings(address, tokenFile: tokenFile, documents: CommandDocuments(), version: Version.current)
      }, sharing: try sharing(name), time: .system,
      log: LogLines.logger(configuration.secrets.redactor, format: logFormat, level: level))
    introduce(configuration.file)
    try await LiveLine(daemon).shown { () async throws(Failure) in try await daemon.run(mode) }
    if mode == .untilDone, await daemon.dispatcher.deadCount > 0 {
      throw Failure.deadLetters
    }
    if mode == .untilDone, case let stuck = await daemon.dispatcher.stuckCount, stuck > 0 {
      throw Failure(
        .tryLater,
        "\(stuck == 1 ? "1 delivery waits" : "\(stuck) deliveries wait") for destinations that have stopped or are not in "
          + "the rules file; see: vi-notify deliveries list --status pending")
    }
  }
}

struct RolesArgument: ExpressibleByArgument {
  let roles: Set<Role>

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    let roles = words.compactMap { Role(rawValue: $0.trimmingPrefix(" ").lowercased()) }
    guard roles.count == words.count else { return nil }
    self.roles = Set(roles)
  }
}

struct SinceArgument: ExpressibleByArgument {
  let since: Since

  init?(argument: String) {
    guard let since = Since(notation: argument) else { return nil }
    self.since = since
  }
}
