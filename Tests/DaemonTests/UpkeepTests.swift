import Testing

@testable import Daemon

@Suite struct UpkeepTests {
  /// The uptime counts from the start of the machine: a moment that is written as a length is in the past on all that have run for
  /// longer, and the service would never rest again.
  @Test(arguments: [10, 3_599, 3_601, 86_400 * 400])
  func `with nothing to do it rests, however long the machine has run`(seconds: Int64) {
    let uptime = Duration.seconds(seconds)
    #expect(UpkeepService.wait(until: [nil, uptime + .seconds(3_600)], at: uptime) == .seconds(1))
    #expect(UpkeepService.wait(until: [nil, nil], at: uptime) == .seconds(1))
  }

  @Test func `what is due sooner is looked at sooner`() {
    let uptime = Duration.seconds(10_000)
    #expect(UpkeepService.wait(until: [uptime + .milliseconds(20), nil], at: uptime) == .milliseconds(20))
    #expect(UpkeepService.wait(until: [uptime - .seconds(5), uptime + .seconds(1)], at: uptime) == .zero)
  }
}
