import Runs
import Watching

/// Lets one schedule watch one fleet, event by event. A sweep takes no time and never fails; what it shows to have ended is
/// learnt from, and nothing else is known of the fleet.
struct ScheduleSimulation {
  /// Milliseconds from each run's end until the sweep that showed it.
  private(set) var ends: [Int64] = []
  /// Those of the runs that ended on the first day.
  private(set) var endsOfFirstDay: [Int64] = []
  /// Those of the runs that ended within five minutes of their start.
  private(set) var earlyEnds: [Int64] = []
  /// Milliseconds from each run's start until the sweep that showed it.
  private(set) var starts: [Int64] = []
  private(set) var sweeps = 0

  private let fleet: [FleetRun]
  private var schedule: SweepSchedule
  private var history = DurationHistory()
  private var active: [FleetRun] = []
  private var begun = 0
  private var now = Timestamp(milliseconds: 0)

  init(_ fleet: [FleetRun], _ schedule: SweepSchedule) {
    self.fleet = fleet
    self.schedule = schedule
  }

  var sweepsPerHour: Double { Double(sweeps) * 3_600_000 / Double(now.milliseconds) }

  mutating func run(until end: Timestamp) {
    while now < end {
      let latencies = look()
      let seen = active.map { (flow: String?.some($0.flow), startedAt: $0.startedAt) }
      now = now + schedule.delay(now: now, active: seen, history: history, latencies: latencies)
    }
  }

  /// Returns how long ago the runs ended that it is the first to show.
  private mutating func look() -> [Duration] {
    var latencies: [Duration] = []
    sweeps += 1
    while begun < fleet.count, fleet[begun].startedAt <= now {
      starts.append((now - fleet[begun].startedAt).milliseconds)
      active.append(fleet[begun])
      begun += 1
    }
    for run in active where run.endedAt <= now {
      latencies.append(now - run.endedAt)
      ends.append((now - run.endedAt).milliseconds)
      if run.endedAt - run.startedAt < .seconds(300) { earlyEnds.append((now - run.endedAt).milliseconds) }
      if run.endedAt.milliseconds < 86_400_000 { endsOfFirstDay.append((now - run.endedAt).milliseconds) }
      history.record(flow: run.flow, startedAt: run.startedAt, endedAt: run.endedAt)
    }
    active.removeAll { $0.endedAt <= now }
    return latencies
  }
}
