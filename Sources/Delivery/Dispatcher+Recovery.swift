internal import Logging
internal import Runs
internal import Storage

/// What is let go when a destination works, and who asks for it to be tried.
extension Dispatcher {
  /// A back-off has a meaning only while its destination fails. What the last process was killed before letting go, or what
  /// waits for a destination that is another one by now, goes at once; the others' destinations are tried with them.
  func letGo() async throws {
    let now = time.now()
    var batch = SettlementBatch()
    for name in try await store.destinationsBackingOff(at: now) {
      guard let gate = queues[name]?.gate else { continue }
      queues[name]?.gate.noteBackOff()
      if gate.state.failures == 0 { batch.releases.insert(name) }
    }
    if !batch.isEmpty { _ = try await store.settle(batch, at: now) }
  }

  /// Once a destination is seen to work: it is written down together with the success that showed it.
  func noteRelease(_ name: Target, at now: Timestamp) {
    if queues[name]?.gate.release(at: now) == true { ended.releases.insert(name) }
  }

  /// `deliveries replay` asks for it, in another process.
  func obeyProbeRequests(at now: Timestamp) async throws {
    guard queues.values.contains(where: { $0.gate.state.failures > 0 }) else { return }
    for name in try await store.takeProbeRequests() {
      queues[name]?.gate.probeNow(at: now)
      log.info("destination is probed now, as somebody asked for", metadata: ["destination": "\(name)"])
    }
  }
}
