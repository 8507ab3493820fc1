/// A running ``RunListServer`` in a process of its own, as long as this object lives.
final class RunListProcess: Sendable {
  private let process: ChildProcess
  let endpoint: String

  /// - Parameters:
  ///   - moving: how many runs have not ended.
  ///   - page: the largest page that is granted.
  init(_ count: Int, moving: Int, page: Int = 100) throws(ServerFailure) {
    process = try ChildProcess(benchWith: ["serve-runs", "\(count)", "\(moving)", "\(page)"])
    endpoint = "http://127.0.0.1:\(try process.readPort())"
  }

  /// Where page after page is found.
  var list: String { "\(endpoint)/workspaces/\(RunListing.organization)/runs" }

  /// See ``RunListServer``. Returns when it is done.
  func tell(_ command: String) {
    process.write(command)
    _ = process.readLine()
  }

  /// What has been asked for, and answered, so far.
  func count() -> (requests: Int, bytes: Int) {
    process.write("count")
    let numbers = (process.readLine() ?? "").split(separator: " ").compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
  }

  /// The time of the first request that comes after `start` was called, by the monotonic clock in nanoseconds; nil when none
  /// comes within a minute.
  func firstRequest(after start: () throws(ServerFailure) -> ChildProcess) throws(ServerFailure) -> UInt64? {
    process.write("arm")
    let started = try start()
    defer { withExtendedLifetime(started) {} }
    return process.readLine().flatMap(UInt64.init)
  }
}
