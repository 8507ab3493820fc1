/// Where a hook wrote a line.
package enum HookStream: Sendable, Equatable {
  case stdout
  case stderr
}

/// How a hook ended and what it said.
package struct HookResult: Sendable {
  package enum Ending: Sendable, Equatable {
    /// By itself, with this exit code, 0…255.
    case exited(Int32)
    /// By a signal that was not ours.
    case signalled(Int32)
    /// Stopped by us because its time was up, whatever code it ended with; killed: not all of it ended on TERM.
    case timedOut(killed: Bool)
    /// Stopped by us, or not started, because our own task was cancelled, whatever code it ended with.
    case interrupted
    case notStarted(reason: HookStartFailure)
  }

  package var ending: Ending
  package var stdout = HookOutput()
  package var stderr = HookOutput()

  /// It failed by itself, and processes of its group still ran and were killed. Not looked for where nobody asks why.
  package var leftProcesses = false

  /// What was too long for the system and was cut: names of variables, and `argument 2` for what follows the first argument.
  package var shortened: [String] = []

  /// Why, from now on, nobody would end this and other hooks if we were killed; told with one result only.
  package var guardFailure: String?
}
