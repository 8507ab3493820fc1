import ArgumentParser
import Daemon
import Runs
import Transport
import ViAPI

struct RunsWaitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until runs have ended.",
    discussion: """
      Exit status: 0 succeeded, 1 failed or error, 3 cancelled, 124 timed out; of several runs the greatest.

      EXAMPLE
        vi-notify runs wait run_abc123 --timeout 6h && ./next-step.sh
      """)

  @Argument(help: "The runs' ids.")
  var ids: [String]
  @Option(help: "Give up after this long, such as 30m or 12h; default: never.")
  var timeout: DurationArgument?
  @OptionGroup var format: OutputOption

  func validate() throws {
    for id in ids where !Run.isValid(id: id) {
      throw ValidationError("\(id.debugDescription) is no run id: letters, digits, _ and - only")
    }
  }

  func run() async throws {
    try await ending {
      let http = Environment.http()
      let client = try Environment.client(http)
      let waiter = RunWaiter(client: client, time: .system, timeout: timeout?.duration)
      let (runs, isTimedOut) = try await waiter.wait(for: ids)
      await http.close()
      RunReport.print(runs, format.output, organization: client.organization)
      let status = runs.map { ExitStatus(waitedFor: $0.reading.phase) }.max { $0.rawValue < $1.rawValue } ?? .fine
      if isTimedOut { throw Failure(.timedOut, "the time is up, and not every run has ended") }
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

/// Asks for runs again and again until they have ended: the vendor's `wait_for_run`, with a spinner on a terminal.
private struct RunWaiter {
  private static let shortestPause: Duration = .seconds(1)
  private static let longestPause: Duration = .seconds(10)

  let client: ViClient
  let time: TimeSource
  let timeout: Duration?

  /// The runs in the order asked for, and whether the time was up before all had ended.
  func wait(for ids: [String]) async throws -> ([Run], Bool) {
    let begin = time.now()
    var runs: [String: Run] = [:]
    var pause = Self.shortestPause
    while true {
      for id in ids where runs[id]?.reading.phase.isTerminal != true {
        if let run = try await look(at: id, until: timeout.map { begin + $0 }) { runs[id] = run }
      }
      let open = ids.filter { runs[$0]?.reading.phase.isTerminal != true }
      if open.isEmpty { return (ids.compactMap { runs[$0] }, false) }
      if let timeout, time.now() - begin >= timeout { return (ids.compactMap { runs[$0] }, true) }
      let left = timeout.map { $0 - (time.now() - begin) } ?? pause
      try await spin(for: min(pause, left), since: begin, open.compactMap { runs[$0] }, of: ids.count)
      pause = min(Self.longestPause, pause * 3 / 2)
    }
  }

  /// Nil when the API has no answer just now; what can't pass by itself is thrown.
  ///
  /// - Parameter end: an API that asks to be left alone is not waited for any longer.
  private func look(at id: String, until end: Timestamp?) async throws -> Run? {
    do throws(SourceError) {
      // However little time is left: one look is always taken.
      let left = end.map { max(.seconds(5), $0 - time.now()) } ?? ViClient.requestTimeout
      return try await client.run(id: id, timeout: min(ViClient.requestTimeout, left))
    } catch {
      switch error {
      case .unreachable, .failing, .rateLimited, .tooSlow:
        Console.shared.log("\(error); trying again")
        let left = end.map { max(.zero, $0 - time.now()) }
        if let retryAfter = error.retryAfter { try await time.sleep(left.map { min($0, retryAfter) } ?? retryAfter) }
        return nil
      case .refused, .noSuchRun, .unreadable, .rejected, .notVi: throw error
      }
    }
  }

  private func spin(for pause: Duration, since begin: Timestamp, _ open: [Run], of count: Int) async throws {
    guard Console.shared.isLively else { return try await time.sleep(max(pause, .milliseconds(1))) }
    let end = time.now() + pause
    var frame = 0
    while time.now() < end {
      let first = open.first.map { "\($0.id) is \($0.reading.phase.rawValue)" } ?? "asking"
      let more = open.count > 1 ? " and \(open.count - 1) more of \(count)" : ""
      let elapsed = (time.now() - begin).words
      Console.shared.showLive("\(Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[frame % 10]) \(first)\(more) · \(elapsed)")
      frame += 1
      try await time.sleep(.milliseconds(100))
    }
    Console.shared.showLive("")
  }
}
