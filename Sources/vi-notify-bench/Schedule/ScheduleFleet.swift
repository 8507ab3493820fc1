import Glibc
import Runs

/// A run as it will go, though only its start can be known before it has ended.
struct FleetRun {
  let flow: String
  let startedAt: Timestamp
  let endedAt: Timestamp
}

/// The kinds of run populations on which schedules are compared, each of ``days`` days.
enum ScheduleFleet: String, CaseIterable {
  case oneFlow = "one_flow"
  case manyFlows = "many_flows"
  case bigSweeps = "big_sweeps"
  case lyingHistory = "lying_history"
  case mostlyEmpty = "mostly_empty"

  static let days = 120

  /// By start.
  func runs(seed: UInt64) -> [FleetRun] {
    var maker = FleetMaker(seed: seed)
    switch self {
    case .oneFlow: maker.addPoisson(DurationLaw(flow: "train", median: 2700, sigma: 0.5), perDay: 8)
    case .manyFlows: addManyFlows(to: &maker)
    case .bigSweeps: addBigSweeps(to: &maker)
    case .lyingHistory: addLies(to: &maker)
    case .mostlyEmpty: maker.addPoisson(DurationLaw(flow: "rare", median: 5400, sigma: 0.6), perDay: 0.5)
    }
    return maker.runs.sorted { $0.startedAt < $1.startedAt }
  }

  /// Medians from 5 min to 12 h; day and night.
  private func addManyFlows(to maker: inout FleetMaker) {
    for index in 0..<20 {
      let law = DurationLaw(
        flow: "flow-\(index)", median: 300 * pow(144, Double(index) / 19), sigma: maker.uniform(0.3...0.8),
        earlyFailures: maker.uniform(0.1...0.2))
      maker.addPoisson(law, perDay: 6, hasNights: true)
    }
  }

  /// 500 runs at once, started within 10 min, every other morning.
  private func addBigSweeps(to maker: inout FleetMaker) {
    for day in stride(from: 0.0, to: Double(Self.days), by: 2) {
      let law = DurationLaw(flow: "sweep", median: 7200, sigma: 0.4)
      for _ in 0..<500 { maker.add(law, start: (day + 0.375) * 86_400 + maker.uniform(0...600)) }
    }
  }

  /// What took 20 min takes 6 h three days later, and the other way round.
  private func addLies(to maker: inout FleetMaker) {
    for flow in 0..<5 {
      for day in stride(from: 0, to: Self.days, by: 3) {
        let isShort = (day / 3 + flow) % 2 == 0
        let law = DurationLaw(flow: "moody-\(flow)", median: isShort ? 1200 : 21_600, sigma: 0.2)
        maker.addPoisson(law, perDay: 5, days: Double(day)..<Double(day + 3))
      }
    }
  }
}

/// Log-normal around a median in seconds, of which some fail early: exponentially, after 3 min on average.
struct DurationLaw {
  let flow: String
  let median: Double
  let sigma: Double
  var earlyFailures = 0.15
}

/// Draws runs, the same for the same seed.
struct FleetMaker {
  private(set) var runs: [FleetRun] = []
  private var random: WorkloadGenerator

  init(seed: UInt64) {
    random = WorkloadGenerator(seed: seed)
  }

  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + random.fraction() * (range.upperBound - range.lowerBound)
  }

  /// - Parameter start: seconds since the fleet's beginning.
  mutating func add(_ law: DurationLaw, start: Double) {
    let seconds =
      random.fraction() < law.earlyFailures ? -180 * log(1 - random.fraction()) : law.median * exp(law.sigma * normal())
    let begin = Timestamp(milliseconds: Int64(start * 1000))
    runs.append(FleetRun(flow: law.flow, startedAt: begin, endedAt: begin + .milliseconds(Int64(seconds * 1000) + 1)))
  }

  /// With nights, nine of ten runs start between 8 and 20 h.
  mutating func addPoisson(_ law: DurationLaw, perDay: Double, hasNights: Bool = false, days: Range<Double>? = nil) {
    let days = days ?? 0..<Double(ScheduleFleet.days)
    let peak = hasNights ? perDay * 1.8 : perDay
    var day = days.lowerBound
    while true {
      day -= log(1 - random.fraction()) / peak
      if day >= days.upperBound { return }
      let hour = (day - day.rounded(.down)) * 24
      if hasNights, !(8..<20).contains(hour), random.fraction() > 1.0 / 9 { continue }
      add(law, start: day * 86_400)
    }
  }

  /// Box and Muller's method.
  private mutating func normal() -> Double {
    (-2 * log(1 - random.fraction())).squareRoot() * cos(2 * .pi * random.fraction())
  }
}
