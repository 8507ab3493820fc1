internal import Runs

/// A time limit has passed.
struct TimeOver: Error {}

/// Runs `body`. Cancels it and throws ``TimeOver`` when `limit` has passed.
func within<Value: Sendable>(
  _ limit: Duration, _ time: TimeSource, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await time.sleep(max(.zero, limit))
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next(), let value = first else { throw TimeOver() }
    return value
  }
}
