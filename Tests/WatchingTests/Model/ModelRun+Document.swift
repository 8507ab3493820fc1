import JSONSource
import Runs

extension ModelRun {
  private typealias Entry = (name: String, status: String, at: Int64)

  /// JSON, as the list has it.
  var document: [UInt8] {
    if isUnreadable { return Array(#"{"runId":"\#(id)","status":"nonsense","n":\#(ripple)}"#.utf8) }
    return JSONWriter.object {
      $0.member("runId", id)
      $0.member("spec") {
        $0.object {
          $0.member("flow", raw: #"{"name":"f"}"#.utf8)
          if killedAt != nil { $0.member("killedAt", killedAt) }
        }
      }
      $0.member("status") {
        $0.object {
          $0.member("conditions") { $0.array(shuffled(entries)) { Self.write($1, &$0) } }
          if ripple > 0 { $0.member("observedGeneration", ripple) }
        }
      }
      $0.member("metadata") { $0.object { $0.member("timeCreated", created) } }
    }
  }

  private static func write(_ entry: Entry, _ json: inout JSONWriter) {
    json.object {
      $0.member("condition", entry.name)
      $0.member("status", entry.status)
      $0.member("lastTransitionTime", entry.at)
    }
  }

  /// Where an entry stands means nothing; nor does one never heard of.
  private func shuffled(_ entries: [Entry]) -> [Entry] {
    switch ripple % 4 {
    case 1: entries.reversed()
    case 2: Array(entries.dropFirst()) + entries.prefix(1)
    case 3: entries + [("Provisioned", "Reached", updated + 1)]
    default: entries
    }
  }

  private var entries: [Entry] {
    switch dialect {
    case .documented: steps.map { ($0.phase.word, "Reached", $0.at) }
    case .lifecycle: lifecycle
    case .declared: declared
    }
  }

  private var lifecycle: [Entry] {
    var started: Entry = ("Started", "Waiting", created)
    var finished: Entry?
    for step in steps.dropFirst() {
      let status = step.phase == .running || step.phase == .succeeded ? "Reached" : "FailedReach"
      if step.phase == .running {
        started = ("Started", "Reached", step.at)
        finished = ("Finished", "Waiting", step.at)
      } else {
        if started.status == "Waiting" { started = ("Started", status, step.at) }
        finished = ("Finished", status, step.at)
      }
    }
    return (finished.map { [$0] } ?? []) + [started]
  }

  private var declared: [Entry] {
    var entries: [Entry] = Phase.allCases.map { ($0.word, "Waiting", created) }
    for step in steps {
      for (index, phase) in Phase.allCases.enumerated() {
        if phase == step.phase {
          entries[index] = (phase.word, "Reached", step.at)
        } else if step.phase.isTerminal, phase.isTerminal || entries[index].status == "Waiting" {
          entries[index] = (phase.word, "FailedReach", step.at)
        }
      }
    }
    return entries
  }
}

extension Phase {
  /// The documented dialect's: `Running`.
  fileprivate var word: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}
