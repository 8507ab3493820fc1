package import Runs

/// Retries transient errors for a command that asks the API once, for half a minute. Whoever started the command decides
/// whether to wait longer.
package struct PatientQuestion: Sendable {
  /// From the first request to the last.
  package static let limit: Duration = .seconds(30)

  private let time: TimeSource
  private let say: @Sendable (String) -> Void

  /// - Parameter say: receives a line for each retry.
  package init(time: TimeSource, say: @escaping @Sendable (String) -> Void) {
    (self.time, self.say) = (time, say)
  }

  /// Throws a permanent error, the last transient one, or `CancellationError`.
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
        say("\(error); trying again in \(pause.words)")
        try await time.sleep(pause)
      }
    }
  }

  /// The delay after an error; nil if retrying is pointless.
  ///
  /// - Parameters:
  ///   - failures: in a row, from 1.
  ///   - passed: since the first request.
  static func pause(after error: SourceError, failures: Int, passed: Duration) -> Duration? {
    guard error.isPassing else { return nil }
    let usual = Duration.seconds(1 << min(max(failures - 1, 0), 3))
    let pause = max(error.retryAfter ?? .zero, usual)
    if passed + pause <= limit { return pause }
    // The last request is made when the limit is reached; a longer requested wait ends the retries.
    let left = limit - passed
    return left > .zero && error.retryAfter ?? .zero <= left ? left : nil
  }
}
