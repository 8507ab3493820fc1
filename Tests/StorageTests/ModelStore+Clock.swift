import Runs
import Storage

/// The clock by which moments were written.
extension ModelStore {
  func savedClock() -> ClockReading? { saved }

  func reanchor(_ change: ClockChange, to reading: ClockReading) {
    for index in items.indices where items[index].isUnsettled && change != .none {
      items[index].next = items[index].next.map { $0 + change.moments }
      items[index].retryFrom = items[index].retryFrom + change.ages
    }
    for name in states.keys { states[name]?.move(by: change.moments) }
    digests = digests.map { digest in
      var digest = digest
      if digest.isOpen { digest.dueAt = digest.dueAt + change.moments }
      return digest
    }
    if change.retention != .zero { history.add(ClockHistory.Step(at: reading.wall, by: change.retention)) }
    for index in items.indices {
      items[index].createdAt = min(items[index].createdAt, reading.wall)
      items[index].settledAt = items[index].settledAt.map { min($0, reading.wall) }
    }
    for index in messages.indices { messages[index].usedAt = min(messages[index].usedAt, reading.wall) }
    hurry(at: reading.wall)
    saved = reading
  }

  nonisolated func keepClock(_ read: @escaping @Sendable () -> ClockReading?) {}

  func hurry(at now: Timestamp) {
    for index in items.indices where items[index].status == .pending && !items[index].isPutOff {
      guard let next = items[index].next, next > now else { continue }
      items[index].next = now
      items[index].retryFrom = min(items[index].retryFrom, now)
    }
  }

  func requiet(_ ends: [String: Timestamp?], at now: Timestamp) {
    for index in items.indices where items[index].status == .pending && items[index].isQuiet {
      guard let end = items[index].new.destination.destination.flatMap({ ends[$0] }), let next = items[index].next,
        next > now
      else { continue }
      let moment = end ?? now
      if next == moment { continue }
      items[index].next = moment
      if end == nil { items[index].isQuiet = false }
      if items[index].attempts == items[index].attemptsBefore { items[index].retryFrom = moment }
    }
  }

  func clockHistory() -> ClockHistory { history }

  func forgetClockSteps(olderThan retention: Duration, at now: Timestamp) {
    history.forget(olderThan: retention, at: now)
  }
}
