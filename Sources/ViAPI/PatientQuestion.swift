package import Runs

/// Asks the API for a command that asks only once, and repeats what may pass by itself, for half a minute: longer is for whoever
/// started the command to decide.
package struct PatientQuestion: Sendable {
  /// From the first question to the last.
  package static let limit: Duration = .seconds(30)

  private let time: TimeSource
  private let say: @Sendable (String) -> Void

  /// - Parameter say: gets a line when a question is repeated.
  package init(time: TimeSource, say: @escaping @Sendable (String) -> Void) {
    (self.time, self.say) = (time, say)
  }

  /// Throws what does not pass, the last of what could have, and `CancellationError`.
  package func ask<Answer>(_ question: () async throws(SourceError) -> Answer) async throws -> Answer {
    let begin = time.uptime()
    var failures = 0
    while true {
      do throws(SourceError) {
        return try await question()
      } catch {
        failures += 1
        guard let pause = Self.pause(after: error, failures: failures, passed: time.uptime() - begin) else {
          throw error
        }
        say("\(error); asking again in \(pause.words)")
        try await time.sleep(pause)
      }
    }
  }

  /// How long to wait after an error; nil when it is not worth it.
  ///
  /// - Parameters:
  ///   - failures: in a row, from 1.
  ///   - passed: since the first question.
  static func pause(after error: SourceError, failures: Int, passed: Duration) -> Duration? {
    guard error.isPassing else { return nil }
    let usual = Duration.seconds(1 << min(max(failures - 1, 0), 3))
    let pause = max(error.retryAfter ?? .zero, usual)
    if passed + pause <= limit { return pause }
    // The last question comes when the time is over; who is asked to wait for longer asks no more.
    let left = limit - passed
    return left > .zero && error.retryAfter ?? .zero <= left ? left : nil
  }
}
