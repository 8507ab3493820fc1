import Delivery
import Glibc
import Synchronization
import Telemetry

/// What counting costs a delivery, beside one bare atomic addition.
///
/// `vi-notify-bench telemetry`
enum TelemetryBenchmarks {
  private static let rounds = 1_000_000

  static func run() {
    let bare = Atomic<UInt64>(0)
    let yardstick = nanoseconds { bare.wrappingAdd(1, ordering: .relaxed) }
    report("telemetry_bare_atomic", yardstick, "cpu-ns/addition", "\"total\":\(bare.load(ordering: .relaxed))")
    let telemetry = Telemetry(targets: Dispatcher.targets)
    // As the dispatcher counts it: how its one attempt ended and how long it took, that it is delivered, and how long that took.
    // The type is the last of all, and known by its place, as each destination's queue knows it.
    let type = Dispatcher.targets.count - 1
    let delivery = nanoseconds {
      telemetry.attempts[type].add(to: .delivered)
      telemetry.attemptTime[type].record(.milliseconds(120))
      telemetry.deliveries.add(to: .delivered)
      telemetry.deliveryTime.record(.seconds(1))
    }
    report(
      "telemetry_delivery", delivery, "cpu-ns/delivery",
      "\"ratio_to_bare_atomic\":\(rounded(delivery / yardstick)),\"limit\":1000")
    let snapshot = nanoseconds(rounds: 1_000) { _ = telemetry.snapshot }
    report("telemetry_snapshot", snapshot, "cpu-ns/scrape", "\"series\":\(telemetry.snapshot.count)")
  }

  /// CPU time of this thread for one call, the best of five.
  private static func nanoseconds(rounds: Int = rounds, _ body: () -> Void) -> Double {
    (0..<5).map { _ in
      let start = cpuSeconds()
      for _ in 0..<rounds { body() }
      return (cpuSeconds() - start) * 1e9 / Double(rounds)
    }.min() ?? 0
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private static func report(_ name: String, _ value: Double, _ unit: String, _ more: String) {
    print("{\"name\":\"\(name)\",\"value\":\(rounded(value)),\"unit\":\"\(unit)\",\(more)}")
  }
}
