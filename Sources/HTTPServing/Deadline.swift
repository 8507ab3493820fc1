internal import Runs

/// Something has taken longer than it may.
struct TimeOver: Error {}

/// Runs `body`, and cuts it off when `limit` is over: then throws ``TimeOver``.
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
