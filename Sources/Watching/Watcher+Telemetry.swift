internal import Runs
internal import Storage
internal import Telemetry
internal import Tracing
internal import ViAPI

/// What the watcher counts.
extension Watcher {
  /// A sweep begins.
  func beginTurn() {
    telemetry.loops.begin(.watching, TimeSource(now: stamp, uptime: time.uptime, sleep: time.sleep))
  }

  /// It has ended.
  func endTurn() { telemetry.loops.rest(.watching) }

  /// - Parameter result: how long the sweep took, or why nothing is concluded from it.
  func count(_ result: Result<Duration, SourceError>) {
    switch result {
    case .success(let took):
      telemetry.sweeps.add(to: .succeeded)
      telemetry.sweepTime.record(took)
      telemetry.lastSweep.set(Double(stamp().milliseconds) / 1_000)
    // A sweep that we cut off ourselves says nothing about the source.
    case .failure where Task.isCancelled: break
    case .failure(let error): telemetry.sweeps.add(to: SweepResult(error))
    }
  }

  /// - Parameters:
  ///   - counts: what of it was new.
  ///   - sweep: nil when it tells of the source alone.
  func count(_ commit: SweepCommit, _ counts: (events: Int, deliveries: Int), _ sweep: Sweep? = nil) {
    for observation in sweep.map({ $0.passed + $0.observations.values }) ?? [] where observation.isTransition {
      telemetry.runs.add(to: observation.reading.phase)
    }
    telemetry.planned.add(counts.deliveries)
    // The state may know them all from an earlier life, whose ledger it lost.
    guard counts.events > 0 else { return }
    for event in commit.events {
      telemetry.events.add(to: EventWord(event.event.eventKind))
      for rule in Set(event.deliveries.map(\.rule) + event.digests.map(\.rule)) { telemetry.rulesFired.add(to: rule) }
      telemetry.heldBack.add(event.held.count)
      tracer?.seen(event, at: commit.time)
    }
  }
}

extension SweepResult {
  fileprivate init(_ error: SourceError) {
    self =
      switch error {
      case .unreachable: .unreachable
      case .refused: .refused
      case .rateLimited: .rateLimited
      case .failing: .failing
      case .rejected, .noSuchRun: .rejected
      case .tooSlow: .tooSlow
      case .unreadable: .unreadable
      case .notVi: .notVi
      }
  }
}

extension EventWord {
  fileprivate init(_ kind: EventKind) {
    self =
      switch kind {
      case .entered: .transition
      case .stayed: .stay
      case .disappeared: .disappearance
      case .sourceUnreachable: .sourceUnreachable
      case .sourceRecovered: .sourceRecovered
      case .destinationStopped: .destinationStopped
      }
  }
}
