package import Runs

/// Asks for runs again and again until they have ended: the vendor's `wait_for_run`. What is believed of single answers says
/// ``BeliefPolicy``.
package struct RunWaiter: Sendable {
  private static let shortestPause: Duration = .seconds(1)
  private static let maxPause: Duration = .seconds(10)

  package struct Result: Sendable {
    /// In the order in which they were asked for.
    package let runs: [Run]
    /// The time was up before all had ended.
    package let isTimedOut: Bool
  }

  /// How the waiting goes.
  package struct Progress: Sendable {
    /// Runs that have not ended, as they were last seen.
    package let open: [Run]
    /// Of all that are waited for.
    package let count: Int
    /// Since the waiting began.
    package let waited: Duration
  }

  private let source: any RunSource
  private let time: TimeSource
  private let timeout: Duration?
  private let say: @Sendable (String) -> Void
  private let rest: @Sendable (Duration, Progress) async throws -> Void

  /// - Parameters:
  ///   - timeout: of it all; nil: none.
  ///   - say: gets a line for each answer that is not believed.
  ///   - rest: waits so long, and may show meanwhile how it goes.
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

  /// Throws the ``SourceError`` after which nothing more can be hoped for, and `CancellationError`.
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

  /// Returns how long the API asks to be left alone.
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
        // Nothing was ever read: like any command that asks once.
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

  /// An API that asks to be left alone is not waited for any longer than that.
  private func timeLeft(since begin: Duration) -> Duration {
    guard let timeout else { return ViClient.requestTimeout }
    // However little time is left: one look is always taken.
    return min(ViClient.requestTimeout, max(.seconds(5), timeout - (time.uptime() - begin)))
  }

  /// The time will be up before an answer could be had.
  private func isNearEnd(_ begin: Duration) -> Bool {
    timeout.map { $0 - (time.uptime() - begin) < PatientQuestion.limit } ?? false
  }
}
