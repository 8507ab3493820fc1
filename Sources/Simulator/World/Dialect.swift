/// The vendor's contradicting descriptions of a run's conditions.
package enum Dialect: String, Sendable, CaseIterable {
  /// The Runs page: one entry per phase, appended in time order, all reached.
  case documented
  /// The SDK's `Condition` and `ResourceWaiter`: Started and Finished only, newest first.
  case lifecycle
  /// What the SDK's enums allow: every condition exists from the start, waiting, and flips.
  case declared
}

struct Condition: Equatable {
  enum Status: String {
    case waiting = "Waiting"
    case reached = "Reached"
    case failedReach = "FailedReach"
  }

  var name: String
  var status: Status
  /// Unix milliseconds.
  var time: Int64
  var reason: String?
  var message: String?
}

extension Dialect {
  /// `status.conditions` of a run with this story, in this dialect's order.
  func conditions(_ story: [ScriptedRun.Step]) -> [Condition] {
    let story = story.filter { $0.phase != .deleted }
    return switch self {
    case .documented: story.map { $0.condition($0.phase.conditionName, .reached) }
    case .lifecycle: lifecycle(story)
    case .declared: declared(story)
    }
  }

  private func lifecycle(_ story: [ScriptedRun.Step]) -> [Condition] {
    guard let first = story.first else { return [] }
    var started = Condition(name: "Started", status: .waiting, time: first.at)
    var finished: Condition?
    for step in story.dropFirst() {
      let outcome: Condition.Status = step.phase == .running || step.phase == .succeeded ? .reached : .failedReach
      if step.phase == .running {
        started = step.condition("Started", .reached)
        finished = Condition(name: "Finished", status: .waiting, time: step.at)
      } else if step.phase.isTerminal {
        if started.status == .waiting { started = step.condition("Started", outcome) }
        finished = step.condition("Finished", outcome)
      }
    }
    return [finished, started].compactMap(\.self)
  }

  private func declared(_ story: [ScriptedRun.Step]) -> [Condition] {
    guard let first = story.first else { return [] }
    let phases: [ScriptedRun.Phase] = [.pending, .running, .succeeded, .failed, .error, .cancelled]
    var conditions = phases.map { Condition(name: $0.conditionName, status: .waiting, time: first.at) }
    for step in story {
      for (index, phase) in phases.enumerated() {
        if phase == step.phase {
          conditions[index] = step.condition(phase.conditionName, .reached)
        } else if step.phase.isTerminal, phase.isTerminal || conditions[index].status == .waiting {
          // A condition that can't be reached any more has failed; of a run that succeeded, three have.
          conditions[index] = step.condition(phase.conditionName, .failedReach)
        }
      }
    }
    return conditions
  }
}

extension ScriptedRun.Phase {
  /// The documented dialect's word: `Running`.
  fileprivate var conditionName: String {
    rawValue.prefix(1).uppercased() + rawValue.dropFirst()
  }
}

extension ScriptedRun.Step {
  fileprivate func condition(_ name: String, _ status: Condition.Status) -> Condition {
    Condition(name: name, status: status, time: at, reason: reason, message: message)
  }
}
