package import Runs

/// Polls runs until they have ended, like the vendor's `wait_for_run`. ``BeliefPolicy`` decides which answers to believe.
package struct RunWaiter: Sendable {
  private static let shortestPause: Duration = .seconds(1)
  private static let maxPause: Duration = .seconds(10)

  package struct Result: Sendable {
    /// In the requested order.
    package let runs: [Run]
    /// The timeout expired before all had ended.
    package let isTimedOut: Bool
  }

  /// The progress of the wait.
  package struct Progress: Sendable {
    /// The runs that have not ended, as last seen.
    package let open: [Run]
    /// The number of all runs waited for.
    package let count: Int
    /// The time since the wait began.
    package let waited: Duration
  }

  private let source: any RunSource
  private let time: TimeSource
  private let timeout: Duration?
  private let say: @Sendable (String) -> Void
  private let rest: @Sendable (Duration, Progress) async throws -> Void

  /// - Parameters:
  ///   - timeout: of the whole wait; nil: none.
  ///   - say: receives a line for each answer that is not believed.
  ///   - rest: waits this long, and may show the progress meanwhile.
  package init(
    source: any RunSource, time: TimeSource, timeout: Duration?, say: @escaping @Sendable (String) -> Void,
    rest: @escaping @Sendable (Duration, Progress) async throws -> Void
  ) {
    (self.source, self.time, self.timeout, self.say, self.rest) = (source, time, timeout, say, rest)
  }

  private struct State {
    var runs: [String: Run] = [:]
    var beliefs: [String: BeliefPolicy] = [:]

    func open(_ ids: [String]) -> [String] {
      ids.filter { runs[$0]?.reading.phase.isTerminal != true }
    }
  }

  /// Throws the ``SourceError`` that ended the wait, or `CancellationError`.
  package func wait(for ids: [String]) async throws -> Result {
    let begin = time.uptime()
    var state = State()
    var pause = Self.shortestPause
    while true {
      let hold = try await look(at: state.open(ids), since: begin, &state)
      let open = state.open(ids)
      let found = ids.compactMap { state.runs[$0] }
      if open.isEmpty { return Result(runs: found, isTimedOut: false) }
      let waited = time.uptime() - begin
      if let timeout, waited >= timeout { return Result(runs: found, isTimedOut: true) }
      let wanted = max(pause, hold)
      let progress = Progress(open: open.compactMap { state.runs[$0] }, count: ids.count, waited: waited)
      try await rest(max(.milliseconds(1), timeout.map { min(wanted, $0 - waited) } ?? wanted), progress)
      pause = min(Self.maxPause, pause * 3 / 2)
    }
  }

  /// Returns the wait that the API asked for.
  private func look(at ids: [String], since begin: Duration, _ state: inout State) async throws -> Duration {
    for id in ids {
      var belief = state.beliefs[id] ?? BeliefPolicy()
      defer { state.beliefs[id] = belief }
      if !state.runs.isEmpty { belief.readElsewhere() }
      do throws(SourceError) {
        state.runs[id] = try await source.run(id: id, timeout: timeLeft(since: begin), isFresh: belief.isInDoubt)
        belief.read()
      } catch {
        try Task.checkCancellation()
        if belief.failed(error, at: time.uptime()) { throw error }
        let passed = time.uptime() - begin
        // Nothing was ever read: behave like a command that asks once.
        if state.runs.isEmpty, PatientQuestion.pause(after: error, failures: 1, passed: passed) == nil,
          !isNearEnd(begin)
        {
          throw error
        }
        say("\(error); trying again")
        if let hold = error.retryAfter { return hold }
      }
    }
    return .zero
  }

  /// The rest of the timeout; requested waits don't extend it.
  private func timeLeft(since begin: Duration) -> Duration {
    guard let timeout else { return ViClient.requestTimeout }
    // Make at least one poll, however little time is left.
    return min(ViClient.requestTimeout, max(.seconds(5), timeout - (time.uptime() - begin)))
  }

  /// The timeout will expire before an answer can arrive.
  private func isNearEnd(_ begin: Duration) -> Bool {
    timeout.map { $0 - (time.uptime() - begin) < PatientQuestion.limit } ?? false
  }
}
