import ArgumentParser
import Daemon
import Runs
import Transport
import ViAPI

struct RunsWaitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until runs have ended.",
    discussion: """
      Exit status: 0 succeeded, 1 failed or error, 3 cancelled, 124 timed out; for several runs the highest of these. Once a run \
      was read, single wrong answers are tolerated: it is believed to be gone after 2 minutes (1), credentials to be refused (77) \
      or the API not to be a Vi API (76) after 5.

      EXAMPLE
        vi-notify runs wait run_abc123 --timeout 6h && ./next-step.sh
      """)

  @Argument(help: "The runs' ids.")
  var ids: [String]
  @Option(help: ArgumentHelp("Give up after this long, such as 30m or 12h; default: never.", valueName: "duration"))
  var timeout: DurationArgument?
  @OptionGroup var format: OutputOption

  func validate() throws {
    for id in ids where !Run.isValid(id: id) {
      throw ValidationError("\(id.debugDescription) isn't a run id: use letters, digits, _ and - only")
    }
  }

  func run() async throws {
    try await ending {
      let http = Environment.http()
      let client = try Environment.client(http)
      let waiter = RunWaiter(
        source: client, time: .system, timeout: timeout?.duration, say: { Console.shared.log("\($0)") },
        rest: Spinner.turn)
      let result = try await waiter.wait(for: ids)
      await http.close()
      let runs = result.runs
      RunReport.print(runs, format.output, organization: client.organization)
      let status = runs.map { ExitStatus(waitedFor: $0.reading.phase) }.max { $0.rawValue < $1.rawValue } ?? .fine
      if result.isTimedOut { throw Failure(.timedOut, "timed out before every run had ended") }
      if status != .fine { throw Failure(status, "") }
    }
  }
}

extension ExitStatus {
  fileprivate init(waitedFor phase: Phase) {
    self =
      switch phase {
      case .succeeded: .fine
      case .cancelled: .cancelled
      case .failed, .error: .no
      case .pending, .running: .timedOut
      }
  }
}

/// Shown on a terminal while waiting for runs.
private enum Spinner {
  /// Animates for this long.
  static func turn(for pause: Duration, _ progress: RunWaiter.Progress) async throws {
    let time = TimeSource.system
    guard Console.shared.isLively else { return try await time.sleep(pause) }
    let begin = time.uptime()
    var frame = 0
    while case let passed = time.uptime() - begin, passed < pause {
      let first = progress.open.first.map { "\($0.id) is \($0.reading.phase.rawValue)" } ?? "asking"
      let more = progress.open.count > 1 ? " and \(progress.open.count - 1) more of \(progress.count)" : ""
      let elapsed = (progress.waited + passed).words
      Console.shared.showLive("\(Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[frame % 10]) \(first)\(more) · \(elapsed)")
      frame += 1
      try await time.sleep(min(.milliseconds(100), pause - passed))
    }
    Console.shared.showLive("")
  }
}
