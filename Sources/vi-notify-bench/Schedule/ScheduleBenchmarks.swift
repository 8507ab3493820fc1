import Glibc
import Runs
import Watching

/// How long a run's end waits to be seen, by a fixed interval and by the adaptive schedule, over simulated fleets, at the
/// same number of sweeps. Latencies include the first days, when nothing is known yet, which `_first_day` shows apart.
///
/// `vi-notify-bench schedule [--seed N]`
struct ScheduleBenchmarks {
  private let seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
  }

  func run() {
    for seconds in [30, 300] {
      for fleet in ScheduleFleet.allCases { compare(fleet, seconds) }
    }
    for fleet in [ScheduleFleet.oneFlow, .manyFlows, .bigSweeps] { compareSavings(fleet) }
    measureCost()
  }

  /// What being allowed to save more sweeps is worth.
  private func compareSavings(_ fleet: ScheduleFleet) {
    let runs = fleet.runs(seed: seed)
    let fixed = simulate(runs, SweepSchedule(interval: .seconds(30), isAdaptive: false))
    for minutes in [0, 60, 180, 360, 720, 1440] {
      let adaptive = simulate(
        runs, SweepSchedule(interval: .seconds(30), isAdaptive: true, savings: .seconds(minutes * 60)))
      let rates = Figures.rates(fixed.sweepsPerHour, adaptive.sweepsPerHour)
      for figure in Figures.of(adaptive.ends, fixed.ends).prefix(1) {
        report("schedule_\(fleet.rawValue)_30s_savings_\(minutes)m_mean", figure, rates)
      }
    }
  }

  private func compare(_ fleet: ScheduleFleet, _ seconds: Int) {
    let runs = fleet.runs(seed: seed)
    let fixed = simulate(runs, SweepSchedule(interval: .seconds(seconds), isAdaptive: false))
    for weight in [0.0, 1] {
      let adaptive = simulate(
        runs, SweepSchedule(interval: .seconds(seconds), isAdaptive: true, startWeight: weight))
      let name = "schedule_\(fleet.rawValue)_\(seconds)s_start_weight_\(Int(weight))"
      let rates = Figures.rates(fixed.sweepsPerHour, adaptive.sweepsPerHour)
      for figure in Figures.of(adaptive.ends, fixed.ends) { report("\(name)_\(figure.name)", figure, rates) }
      for (phase, left, right) in [
        ("first_day", adaptive.endsOfFirstDay, fixed.endsOfFirstDay), ("early", adaptive.earlyEnds, fixed.earlyEnds),
      ] {
        for figure in Figures.of(left, right) where ["mean", "p95"].contains(figure.name) {
          report("\(name)_\(phase)_\(figure.name)", figure, rates)
        }
      }
      for figure in Figures.of(adaptive.starts, fixed.starts).prefix(1) {
        report("\(name)_starts_mean", figure, rates)
      }
    }
  }

  private func simulate(_ runs: [FleetRun], _ schedule: SweepSchedule) -> ScheduleSimulation {
    var simulation = ScheduleSimulation(runs, schedule)
    simulation.run(until: Timestamp(milliseconds: Int64(ScheduleFleet.days) * 86_400_000))
    return simulation
  }

  private func report(_ name: String, _ figure: Figures, _ rates: String) {
    let ratio = Figures.rounded(figure.value / figure.fixed)
    print(
      "{\"name\":\"\(name)\",\"value\":\(Figures.rounded(figure.value)),\"unit\":\"s\","
        + "\"fixed\":\(Figures.rounded(figure.fixed)),\"ratio\":\(ratio),\(rates)}")
  }

  /// One decision over 500 active runs of 50 flows, each with all the history that is kept; CPU time of this thread.
  private func measureCost() {
    var history = DurationHistory()
    var random = WorkloadGenerator(seed: seed)
    for index in 0..<5000 {
      let start = Timestamp(milliseconds: Int64(index) * 1000)
      let took = Duration.milliseconds(random.number(60_000...7_200_000))
      history.record(flow: "flow-\(index % 50)", startedAt: start, endedAt: start + took)
    }
    let active = (0..<500).map {
      (flow: String?.some("flow-\($0 % 50)"), startedAt: Timestamp(milliseconds: Int64($0)))
    }
    var schedule = SweepSchedule(interval: .seconds(30), isAdaptive: true)
    let rounds = 2000
    let begin = cpuMicroseconds()
    for round in 0..<rounds {
      _ = schedule.delay(now: Timestamp(milliseconds: Int64(round) * 30_000), active: active, history: history)
    }
    let each = (cpuMicroseconds() - begin) / Double(rounds)
    print("{\"name\":\"schedule_delay_500_active\",\"value\":\(Figures.rounded(each)),\"unit\":\"cpu-us\"}")
  }

  private func cpuMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
  }
}

/// One number of the adaptive schedule beside the fixed one's, in seconds.
private struct Figures {
  let name: String
  let value: Double
  let fixed: Double

  /// Mean, median, 95th percentile and maximum; none when nothing was measured.
  static func of(_ adaptive: [Int64], _ fixed: [Int64]) -> [Figures] {
    guard !adaptive.isEmpty, !fixed.isEmpty else { return [] }
    let (left, right) = (adaptive.sorted(), fixed.sorted())
    let mean = Figures(name: "mean", value: Self.mean(left), fixed: Self.mean(right))
    let quantiles = [("p50", 50), ("p95", 95), ("max", 100)].map { name, percent in
      Figures(name: name, value: quantile(left, percent), fixed: quantile(right, percent))
    }
    return [mean] + quantiles
  }

  static func rates(_ fixed: Double, _ adaptive: Double) -> String {
    "\"sweeps_per_hour_fixed\":\(rounded(fixed)),\"sweeps_per_hour_adaptive\":\(rounded(adaptive))"
  }

  static func rounded(_ value: Double) -> Double {
    (value * 1000).rounded() / 1000
  }

  private static func mean(_ sorted: [Int64]) -> Double {
    Double(sorted.reduce(0, +)) / Double(sorted.count) / 1000
  }

  private static func quantile(_ sorted: [Int64], _ percent: Int) -> Double {
    Double(sorted[min(sorted.count * percent / 100, sorted.count - 1)]) / 1000
  }
}
