internal import Locking
internal import Logging
internal import Rules
internal import Storage

/// Destinations that deliveries name and that the rules file doesn't have. What is for them waits in the outbox, untouched.
extension Dispatcher {
  /// Says once for each rules file what waits for destinations that aren't there.
  func findMissing() async throws {
    let waiting = try await store.unsettled().filter { configuration.isMissing($0.key) }
    missing = Set(waiting.keys)
    count(homeless: waiting)
    guard !waiting.isEmpty else { return }
    log.warning(
      """
      deliveries wait for destinations that the rules file does not have; put them back, or send what waits elsewhere: \
      vi-notify deliveries replay --destination NAME --to OTHER
      """,
      metadata: [
        "deliveries": "\(waiting.values.reduce(0, +))",
        "destinations": "\(missing.sorted().map(\.name).joined(separator: ", "))",
      ])
  }

  /// For the step of a chain that began under another rules file, and for what somebody sends again.
  func noteMissing(_ name: Target) async throws {
    guard missing.insert(name).inserted else { return }
    try await countHomeless()
    log.warning(
      "deliveries wait for a destination that the rules file does not have", metadata: ["destination": "\(name)"])
  }

  /// How many wait for a destination that isn't there.
  func countHomeless() async throws {
    count(homeless: try await store.unsettled().filter { configuration.isMissing($0.key) })
  }

  /// Every delivery that hasn't settled waits for a destination that this process can't use: one that the rules file doesn't
  /// have, or one that has stopped and is asked once a day.
  func onlyStuckIsLeft() async throws -> Bool {
    let waiting = try await store.unsettled()
    let stuck = waiting.filter { configuration.isMissing($0.key) || queues[$0.key]?.gate.isStopped == true }
    guard stuck.count == waiting.count else { return false }
    stuckCount = stuck.values.reduce(0, +)
    return true
  }
}
