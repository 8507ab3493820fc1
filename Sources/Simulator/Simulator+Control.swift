internal import Locking

/// Changes to the simulated world by tests and the demo, effective at once.
extension Simulator {
  /// Adds a run, or replaces the one with the same id. Its times are Unix milliseconds.
  package func add(_ run: ScriptedRun) {
    state.withLock { $0.world.add(run) }
  }

  /// Puts the run into this phase and drops its future steps. False if the run doesn't exist.
  @discardableResult
  package func move(
    _ runID: String, to phase: ScriptedRun.Phase, reason: String? = nil, message: String? = nil, at time: Int64? = nil
  ) -> Bool {
    let now = time ?? now()
    return state.withLock { $0.world.move(runID, to: phase, reason: reason, message: message, at: now) }
  }

  /// Changes anything about a run except its id and creation. False if the run doesn't exist.
  @discardableResult
  package func change(_ runID: String, _ body: (inout ScriptedRun) -> Void) -> Bool {
    let now = now()
    return state.withLock { $0.world.change(runID, at: now, body) }
  }

  package func delete(_ runID: String) {
    let now = now()
    state.withLock { $0.world.remove(runID, at: now) }
  }

  /// False if the run has ended or doesn't exist.
  @discardableResult
  package func kill(_ runID: String) -> Bool {
    let now = now()
    return state.withLock { $0.world.kill(runID, killedAt: now, at: now) }
  }

  /// Replaces all faults; they count requests from now.
  package func setFaults(_ faults: [Fault]) {
    state.withLock { $0.faults = FaultBook(faults) }
  }

  package func inject(_ fault: Fault) {
    state.withLock { $0.faults.inject(fault) }
  }

  /// Empties all inboxes.
  package func forgetArrivals() {
    state.withLock { state in
      for name in state.inboxes.keys { state.inboxes[name]?.forget() }
    }
  }

  /// The next answers of an inbox, in order; after them it answers `ok` again.
  package func setAnswers(_ answers: [ScriptedAnswer], forInbox name: String) {
    state.withLock { $0.inboxes[name, default: Inbox()].setAnswers(answers) }
  }
}

/// State for tests and the demo to inspect.
extension Simulator {
  /// The API requests, oldest first; the last twenty thousand at most.
  package var requests: [LoggedRequest] { state.withLock { $0.log.entries } }

  /// Of every kind by default.
  package func requestCount(_ kind: RequestKind? = nil) -> Int { state.withLock { $0.log.count(kind) } }

  /// The requests to `/inbox/NAME` and below, oldest first; the last ten thousand at most.
  package func inbox(_ name: String) -> [ReceivedRequest] { state.withLock { $0.inboxes[name]?.arrivals ?? [] } }

  /// The run's document as the API shows it now; nil if the run doesn't exist.
  package func document(_ runID: String) -> [UInt8]? {
    let now = now()
    return state.withLock { $0.world.document(runID, at: now) }
  }

  /// Returns when an inbox (nil: all together) has received this many requests. Throws `CancellationError`.
  package func inboxCount(_ name: String? = nil, atLeast count: Int) async throws {
    try await wait(for: .inbox(name, atLeast: count))
  }

  /// Returns when this many API requests of a kind (nil: any) have come. Throws `CancellationError`.
  package func requestCount(_ kind: RequestKind? = nil, atLeast count: Int) async throws {
    try await wait(for: .requests(kind, atLeast: count))
  }

  private func wait(for condition: State.Waiter.Condition) async throws {
    let id = state.withLock { state in
      defer { state.nextWaiter += 1 }
      return state.nextWaiter
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isMet = state.withLock { state in
          if state.isMet(condition) || Task.isCancelled { return true }
          state.waiters[id] = State.Waiter(condition: condition, continuation: continuation)
          return false
        }
        if isMet { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
    }
    try Task.checkCancellation()
  }
}
