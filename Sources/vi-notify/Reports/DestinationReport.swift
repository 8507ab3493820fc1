import Runs
import Storage

/// What holds a destination back, one line each; empty for destinations that deliver.
enum DestinationReport {
  static func lines(_ states: [DestinationState], now: Timestamp) -> [String] {
    states.compactMap { state in words(state, now).map { "\(state.name): \($0)" } }
  }

  private static func words(_ state: DestinationState, _ now: Timestamp) -> String? {
    if let since = state.stoppedAt {
      let next = state.nextProbeAt.map { ", next probe \($0.iso8601)" } ?? ""
      return "stopped since \(since.iso8601): \(state.stoppedReason ?? "at its request")\(next); "
        + "replay probes it at once"
    }
    let held = state.holdUntil.flatMap { $0 > now ? "held until \($0.iso8601) at its request" : nil }
    let failing =
      state.isProbed ? state.nextProbeAt.map { "failing, \(state.failures) in a row, next probe \($0.iso8601)" } : nil
    let parts = [held, failing].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
