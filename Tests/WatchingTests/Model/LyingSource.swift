import Locking
import Runs
import Transport
import ViAPI

@testable import Watching

/// A source in memory whose runs come, go and move while they are read, and whose answers fail or lie.
///
/// Requests for single runs come side by side: what happens at one of them depends only on the seed, the sweep and the
/// run, and never on which came first.
final class LyingSource: RunSource {
  let temper: Temper
  private let seed: UInt64
  private let state: Locked<LyingState>

  var origin: RunEvent.Origin { RunEvent.Origin(organization: "org", endpoint: "https://vi.example") }

  init(seed: UInt64, temper: Temper, draw: SeededDraw, keepsStory: Bool) {
    (self.seed, self.temper) = (seed, temper)
    state = Locked(LyingState(temper: temper, draw: draw, keepsStory: keepsStory))
  }

  func withState<Result: Sendable>(_ body: (inout LyingState) -> Result) -> Result { state.withLock(body) }

  /// As in the client: less than two seconds may be chance.
  var clockSkew: Duration {
    let ahead = withState { $0.clock - $0.ourClock }
    return abs(ahead) < 2_000 ? .zero : .milliseconds(ahead)
  }

  var time: TimeSource {
    TimeSource(
      now: { self.withState { Timestamp(milliseconds: $0.ourClock) } },
      uptime: { self.withState { .milliseconds($0.uptime) } }, sleep: { _ in })
  }

  func page(token: String?, size: Int, timeout: Duration) async throws(SourceError) -> PageAnswer {
    try withState { $0.page(token, size) }.get()
  }

  func run(id: String, timeout: Duration, isFresh: Bool) async throws(SourceError) -> Run {
    let bytes = try withState { $0.single(id, seed) }.get()
    do throws(MalformedRun) {
      return try Run(parsing: bytes)
    } catch {
      throw .unreadable(error)
    }
  }
}
