import JSONSource
import Runs

/// Formats runs.
enum RunReport {
  static func print(_ runs: [Run], _ format: OutputFormat, organization: String) {
    switch format {
    case .json: Console.shared.print(json(runs, organization: organization))
    case .table:
      var table = Table(["RUN", "PHASE", "SINCE", "FLOW", "MESSAGE"])
      for run in runs {
        let reading = run.reading
        table.add([
          run.id, reading.phase.rawValue, reading.since.milliseconds > 0 ? reading.since.iso8601 : "-", run.flow ?? "-",
          String((reading.decidedBy?.message ?? "").prefix(80)),
        ])
      }
      table.print()
    }
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
    let rows: [(String, String?)] = [
      ("Run", run.id), ("Organization", run.organization), ("Phase", reading.phase.rawValue),
      ("Since", reading.since.milliseconds > 0 ? reading.since.iso8601 : nil), ("Reason", decided?.reason),
      ("Message", decided?.message), ("Flow", run.flow), ("Training project", run.trainingProject),
      ("Created", run.createdAt?.iso8601), ("Started", run.startedAt?.iso8601), ("Killed", run.killedAt?.iso8601),
    ]
    for (name, value) in rows {
      guard let value else { continue }
      Console.shared.print("\(name):\(String(repeating: " ", count: 18 - name.count))\(value)")
    }
    Console.shared.print("Conditions:")
    for condition in run.conditions {
      let words = [
        condition.time.iso8601, condition.name, condition.status.rawValue, condition.reason, condition.message,
      ]
      Console.shared.print("  \(words.compactMap(\.self).joined(separator: "  "))")
    }
  }
}
