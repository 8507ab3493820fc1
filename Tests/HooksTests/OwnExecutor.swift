import Dispatch
import Testing

/// Runs a test that starts another process (`processExitsWith`) apart from all others.
///
/// The library looks at children that have ended until the test that waits for one has said so. Among fifteen hundred that want to go on
/// that took half a minute, for which it looked at the same child again and again.
struct OwnExecutor: TestTrait, TestScoping {
  private final class Executor: TaskExecutor {
    private let queue = DispatchQueue(label: "a test of its own")

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }

  @concurrent func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(Executor()) { try await function() }
  }
}

extension Trait where Self == OwnExecutor {
  static var apart: Self { OwnExecutor() }
}
