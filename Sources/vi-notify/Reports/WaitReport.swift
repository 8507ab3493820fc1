import Rules
import Runs
import Storage

/// What a pending delivery waits for, in words.
struct WaitReport {
  private let states: [String: DestinationState]
  private let names: KnownNames?
  private let now: Timestamp

  init(_ store: any StateStore, now: Timestamp) async throws(StorageError) {
    let all = try await store.destinationStates()
    states = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    names = try await store.knownNames()
    self.now = now
  }

  /// Nil if nothing holds it back: it is due, or waits for its next attempt.
  func words(_ record: DeliveryRecord) -> String? {
    guard record.status == .pending else { return nil }
    if let names, let name = record.destination.destination, names.destinations[name] == nil {
      return "destination \(name) is not in the rules file"
    }
    if let state = states[record.destination.name], let words = words(state) { return words }
    let mark = "wrongForm: "
    if let reason = record.reason, reason.hasPrefix(mark) { return String(reason.dropFirst(mark.count)) }
    // Before the first attempt, only quiet hours delay a delivery.
    if record.attempts == 0, let next = record.nextAttemptAt, next > now { return "quiet hours until \(next.iso8601)" }
    return nil
  }

  private func words(_ state: DestinationState) -> String? {
    let next = state.nextProbeAt.map { ", next probe \($0.iso8601)" } ?? ""
    if state.stoppedAt != nil { return "stopped: \(state.stoppedReason ?? "at its request")\(next)" }
    if let until = state.holdUntil, until > now { return "held until \(until.iso8601)" }
    return next.isEmpty ? nil : "failing\(next)"
  }
}
