import JSONSource
import Runs
import Storage

/// Formats runs.
enum RunReport {
  /// - Parameter told: how many deliveries each run has, by status; nil: there is no state.
  static func print(
    _ runs: [Run], _ format: OutputFormat, organization: String, told: [String: [DeliveryStatus: Int]]? = nil
  ) {
    switch format {
    case .json: Console.shared.print(json(runs, organization: organization))
    case .table: if !runs.isEmpty { table(runs, told).print() }
    }
  }

  private static func table(_ runs: [Run], _ told: [String: [DeliveryStatus: Int]]?) -> Table {
    let time = PeopleTime(now: TimeSource.system.now())
    var table = Table([
      .init(title: "RUN", least: 16), .init(title: "PHASE", least: 9), .init(title: "CREATED", rank: 2, least: .max),
      .init(title: "DURATION", rank: 4, least: .max), .init(title: "FLOW", rank: 1, least: 8),
      .init(title: "TOLD", rank: 3, least: 8), .init(title: "MESSAGE", rank: 5, least: 12, wish: 30),
    ])
    for run in runs {
      let reading = run.reading
      table.add([
        .init(run.id), .init(reading.phase.rawValue, reading.phase.colour), time.cell(run.createdAt),
        .init(duration(of: run, reading, time.now)?.words ?? "-"), .init(run.flow ?? "-"),
        .init(told.map { words($0[run.id] ?? [:]) } ?? ""),
        .init(String((reading.decidedBy?.message ?? "").prefix(80))),
      ])
    }
    return table
  }

  /// Of a run that has not ended: up to now.
  private static func duration(of run: Run, _ reading: PhaseReading, _ now: Timestamp) -> Duration? {
    guard let began = run.startedAt ?? run.createdAt else { return nil }
    return max(.zero, (reading.phase.isTerminal ? reading.since : now) - began)
  }

  private static func words(_ counts: [DeliveryStatus: Int]) -> String {
    let waiting = counts[.pending, default: 0] + counts[.claimed, default: 0]
    let parts = [(counts[.delivered, default: 0], "sent"), (waiting, "waiting"), (counts[.dead, default: 0], "dead")]
    let told = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return told.isEmpty ? "-" : told.joined(separator: ", ")
  }

  static func json(_ runs: [Run], organization: String) -> [UInt8] {
    var json = JSONWriter()
    json.array(runs) { json, run in
      json.object { json in
        run.writeSummary(
          into: &json, reading: run.reading, previousPhase: nil, organization: organization)
      }
    }
    return json.bytes
  }

  /// What the vendor's `info()` prints, as far as known.
  static func printDetails(_ run: Run) {
    let reading = run.reading
    let decided = reading.decidedBy
    let time = PeopleTime(now: TimeSource.system.now())
    let rows: [(String, String?)] = [
      ("Run", run.id), ("Organization", run.organization), ("Phase", reading.phase.rawValue),
      ("Since", reading.since.milliseconds > 0 ? time.inWords(reading.since) : nil), ("Reason", decided?.reason),
      ("Message", decided?.message), ("Flow", run.flow), ("Training project", run.trainingProject),
      ("Created", run.createdAt.map(time.inWords)), ("Started", run.startedAt.map(time.inWords)),
      ("Killed", run.killedAt.map(time.inWords)),
    ]
    for (name, value) in rows {
      guard let value else { continue }
      Console.shared.print("\(name):\(String(repeating: " ", count: 18 - name.count))\(value)")
    }
    Console.shared.print("Conditions:")
    for condition in run.conditions {
      let words = [
        time.stamp(condition.time), condition.name, condition.status.rawValue, condition.reason, condition.message,
      ]
      Console.shared.print("  \(words.compactMap(\.self).joined(separator: "  "))")
    }
  }
}

extension Phase {
  var colour: Console.Colour? {
    switch self {
    case .succeeded: .green
    case .failed, .error: .red
    case .running: .yellow
    case .pending, .cancelled: .grey
    }
  }
}
