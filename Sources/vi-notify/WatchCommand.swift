import ArgumentParser
import Daemon
import Delivery
import Logging
import Rules
import Runs
import Secrets
import Storage
import Transport
import Watching

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Watch runs, and do what the rules say when they end.",
    discussion: """
      Goes on until SIGTERM or SIGINT; what is on its way then has 10 s to end. All that is seen and all that must be sent \
      is in the state file first, so that a crash or a restart loses nothing and sends nothing under a second id.

      EXAMPLE
        vi-notify --rules rules.json
        vi-notify watch --rules rules.json --run run_abc123 --until-done
        vi-notify watch --rules rules.json --once       from cron
      """)

  @Option(help: ArgumentHelp("The rules file.", valueName: "file"))
  var rules: String
  @Option(help: ArgumentHelp("Watch only this run; may be given several times.", valueName: "id"))
  var run: [String] = []
  @Option(help: ArgumentHelp("Time between two looks, such as 30s.", valueName: "duration"))
  var interval: DurationArgument?
  @Option(help: "Which ended runs count on the first start: now, all, a duration, or a time.")
  var since: SinceArgument?
  @Flag(help: "Look once, deliver what is due, and exit.")
  var once = false
  @Flag(help: "Exit when every watched run has ended and every delivery is settled.")
  var untilDone = false
  @OptionGroup var state: StateOption

  func validate() throws {
    if once, untilDone { throw ValidationError("--once and --until-done contradict each other: give one of them") }
    for id in run where !Run.isValid(id: id) {
      throw ValidationError("\(id.debugDescription) is no run id: letters, digits, _ and - only")
    }
    if let interval, !(.milliseconds(100)...(.seconds(86_400))).contains(interval.duration) {
      throw ValidationError("--interval must be from 100ms to 1d")
    }
  }

  func run() async throws {
    try await ending {
      let secrets = SecretSource(environment: Environment.variables)
      let check = try Configuration.check(path: rules, secrets: secrets)
      DiagnosticReport.say(check, file: rules)
      guard let configuration = check.configuration else {
        throw Failure(.badConfiguration, "the rules file \(rules) has mistakes; nothing was started")
      }
      try await watch(configuration)
    }
  }

  private var mode: WatchMode {
    once ? .once : untilDone ? .untilDone : .forever
  }

  private func settings(_ file: RuleFile) -> WatchSettings {
    var settings = file.watch
    if !run.isEmpty { settings.runs = run }
    if let interval { settings.interval = interval.duration }
    if let since { settings.since = since.since }
    return settings
  }

  private func watch(_ configuration: Configuration) async throws {
    let http = Environment.http()
    let client = try configuration.file.source.client(configuration.secrets, http, .system)
    let path = try state.path
    let lock = try StateLock(state: path)
    let store = try SQLiteStore(path: path)
    let log = LogLines.logger(configuration.secrets.redactor)
    let watcher = Watcher(
      client: client, store: store, rules: RuleSet(configuration.file), settings: settings(configuration.file),
      time: .system, log: log)
    let dispatcher = Dispatcher(
      store: store, destinations: configuration.file.destinations, http: http, secrets: configuration.secrets,
      hookRunner: HookRunner(baseEnvironment: Environment.variables), time: .system, log: log)
    let daemon = Daemon(watcher: watcher, dispatcher: dispatcher, http: http, store: store, time: .system, log: log)
    log.notice(
      "watching",
      metadata: ["source": "\(client.endpoint)", "rules": "\(configuration.file.rules.count)", "state": "\(path)"])
    try await LiveLine(status: watcher.status, store: store).shown { () async throws(Failure) in
      try await daemon.run(mode)
    }
    store.close()
    extendLifetime(lock)
    let dead = await dispatcher.deadCount
    if mode == .untilDone, dead > 0 {
      throw Failure(.no, "not everything arrived; see: vi-notify deliveries list --status dead")
    }
  }
}

struct SinceArgument: ExpressibleByArgument {
  let since: Since

  init?(argument: String) {
    guard let since = Since(notation: argument) else { return nil }
    self.since = since
  }
}

/// The one line that a terminal always shows: what is moving, when all was last looked at, what waits.
struct LiveLine {
  let status: WatchStatus
  let store: any StateStore

  /// Shows the line while `work` runs.
  func shown(while work: () async throws(Failure) -> Void) async throws(Failure) {
    guard Console.shared.isLively else { return try await work() }
    let drawing = Task { await draw() }
    defer {
      drawing.cancel()
      Console.shared.showLive("")
    }
    try await work()
  }

  private func draw() async {
    var frame = 0
    while !Task.isCancelled {
      let waiting = (try? await store.counts().unsettled) ?? 0
      Console.shared.showLive(text(frame, waiting))
      frame += 1
      try? await Task.sleep(for: .milliseconds(250))
    }
  }

  private func text(_ frame: Int, _ waiting: Int) -> String {
    let now = status.snapshot
    let mark = now.failure == nil ? String(Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[frame % 10]) : "!"
    let swept = now.lastWholeSweep.map { "looked \((TimeSource.system.now() - $0).words) ago" } ?? "looking"
    let waits = waiting == 0 ? "nothing waits" : "\(waiting) waiting to be sent"
    let trouble = now.failure.map { " · \($0.printable)" } ?? ""
    return "\(mark) \(now.active) of \(now.total) runs moving · \(swept) · \(waits)\(trouble)"
  }
}
