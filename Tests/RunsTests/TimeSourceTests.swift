import Glibc
import Testing

@testable import Runs

struct TimeSourceTests {
  @Test func `the uptime of the system goes on and never back`() async throws {
    let time = TimeSource.system
    var last = time.uptime()
    for _ in 0..<1_000 {
      let next = time.uptime()
      #expect(next >= last)
      last = next
    }
    let start = time.uptime()
    try await time.sleep(.milliseconds(20))
    #expect(time.uptime() - start >= .milliseconds(20))
  }

  @Test func `the uptime of the system is the time since the machine was started, with that in which it slept`() {
    var boot = timespec()
    clock_gettime(CLOCK_BOOTTIME, &boot)
    let difference = TimeSource.system.uptime() - .seconds(boot.tv_sec) - .nanoseconds(boot.tv_nsec)
    #expect(difference >= .zero && difference < .seconds(60))
  }

  /// The timer stands still while the machine is suspended, as CLOCK_MONOTONIC does.
  @Test func `a sleeper notices within a minute of waking that its time was over while the machine slept`() async throws
  {
    let clocks = Clocks()
    try await clocks.sleep(.seconds(7 * 3600)) { clocks, piece in
      clocks.awake += piece
      clocks.uptime += piece
      clocks.pieces += 1
      if clocks.pieces == 3 { clocks.uptime += .seconds(8 * 3600) }
    }
    #expect(clocks.pieces == 3)
    #expect(clocks.awake <= .seconds(3 * 60))
  }

  @Test(arguments: [-5, 0, 1, 30, 31, 60, 86_400])
  func `a sleeper sleeps as long as it should, however short or long`(seconds: Int) async throws {
    let clocks = Clocks()
    try await clocks.sleep(.seconds(seconds)) { clocks, piece in
      #expect(piece <= .seconds(60))
      clocks.uptime += piece
    }
    #expect(clocks.uptime == .seconds(max(seconds, 0)))
  }

  @Test func `a timer that goes off early is set again`() async throws {
    let clocks = Clocks()
    try await clocks.sleep(.seconds(40)) { clocks, piece in clocks.uptime += max(piece / 2, .milliseconds(1)) }
    #expect(clocks.uptime >= .seconds(40) && clocks.uptime < .seconds(41))
  }
}

private final class Clocks {
  var (uptime, awake, pieces) = (Duration.zero, Duration.zero, 0)

  func sleep(_ duration: Duration, timer: (Clocks, Duration) -> Void) async throws {
    try await TimeSource.inSlices(duration, uptime: { uptime }, timer: { timer(self, $0) })
  }
}
