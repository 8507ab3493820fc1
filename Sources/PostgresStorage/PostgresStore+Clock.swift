internal import Locking
package import Runs
package import Storage

/// The clock by which the moments in the state were written, and what is done when it turns out to have been set.
extension PostgresStore {
  /// With whatever is written from now on what `read` says is written as well, not oftener than every ten seconds: at the next
  /// start it is known what happened to the clock meanwhile.
  package func keepClock(_ read: @escaping @Sendable () -> ClockReading?) {
    clock.withLock { $0 = KeptClock(read: read) }
  }

  /// Nil in a state in which nothing ever happened.
  package func savedClock() async throws(StorageError) -> ClockReading? {
    try await read { database in
      try database.first("SELECT boot, uptime, wall, source_ahead FROM vi_notify.clock", of: "clock", by: "boot") {
        row in
        ClockReading(
          boot: try row.text("boot"), uptime: try row.duration("uptime"), wall: try row.time("wall"),
          sourceAhead: try row.optionalDuration("source_ahead"))
      }
    }
  }

  package func reanchor(_ change: ClockChange, to reading: ClockReading) async throws(StorageError) {
    try await write { database in
      if change != .none { try Self.move(change, database) }
      if change.retention != .zero {
        var history = try Self.history(database)
        history.add(ClockHistory.Step(at: reading.wall, by: change.retention))
        try Self.put(history, database)
      }
      try Self.tame(at: reading.wall, database)
      try Self.put(reading, database)
    }
  }

  private static func move(_ change: ClockChange, _ database: PostgresConnection) throws {
    let (moments, ages) = (change.moments.milliseconds, change.ages.milliseconds)
    try database.execute(
      """
      UPDATE vi_notify.deliveries
      SET next_attempt_at = next_attempt_at + \(moments), retry_from = coalesce(retry_from, created_at) + \(ages)
      WHERE status IN ('pending', 'claimed')
      """)
    try database.execute(
      "UPDATE vi_notify.destinations SET hold_until = hold_until + \(moments), next_probe_at = next_probe_at + \(moments)"
    )
    try database.execute("UPDATE vi_notify.digests SET due_at = due_at + \(moments) WHERE delivery_id IS NULL")
    try database.execute("UPDATE vi_notify.sources SET unreachable_since = unreachable_since + \(moments)")
  }

  /// Nothing was made or settled in the future: a clock that was ahead said so. It counts as made and settled now, so that it is
  /// forgotten when its time has passed and not when that clock's has.
  private static func tame(at now: Timestamp, _ database: PostgresConnection) throws {
    try database.execute(
      """
      UPDATE vi_notify.deliveries SET created_at = least(created_at, \(now)),
        settled_at = CASE WHEN settled_at > \(now) THEN \(now) ELSE settled_at END
      WHERE created_at > \(now) OR settled_at > \(now)
      """)
    try database.execute(
      "UPDATE vi_notify.events SET seen_at = \(now) WHERE seen_at > \(now) AND octet_length(body) > 0")
    try database.execute("UPDATE vi_notify.posted SET used_at = \(now) WHERE used_at > \(now)")
    try hurry(at: now, database)
  }

  package func hurry(at now: Timestamp) async throws(StorageError) {
    try await write { try Self.hurry(at: now, $0) }
  }

  private static func hurry(at now: Timestamp, _ database: PostgresConnection) throws {
    try database.execute(
      """
      UPDATE vi_notify.deliveries SET next_attempt_at = \(now), retry_from = least(coalesce(retry_from, \(now)), \(now))
      WHERE status = 'pending' AND delay IS NULL AND next_attempt_at > \(now)
      """)
  }

  package func requiet(_ ends: [String: Timestamp?], at now: Timestamp) async throws(StorageError) {
    try await write { database in
      for (destination, end) in ends {
        let next = end ?? now
        try database.execute(
          """
          UPDATE vi_notify.deliveries SET next_attempt_at = \(next), delay = CASE WHEN \(end != nil) THEN delay END,
            retry_from = CASE WHEN attempts = attempts_before THEN \(next) ELSE retry_from END
          WHERE status = 'pending' AND destination = \(destination) AND lane IS NULL AND delay = 'quiet'
            AND next_attempt_at > \(now) AND next_attempt_at != \(next)
          """)
      }
    }
  }

  package func clockHistory() async throws(StorageError) -> ClockHistory {
    try await read { try Self.history($0) }
  }

  package func forgetClockSteps(olderThan retention: Duration, at now: Timestamp) async throws(StorageError) {
    guard try await !clockHistory().steps.isEmpty else { return }
    try await write { database in
      var history = try Self.history(database)
      history.forget(olderThan: retention, at: now)
      try Self.put(history, database)
    }
  }

  private static func history(_ database: PostgresConnection) throws -> ClockHistory {
    ClockHistory(
      try database.all(
        "SELECT sequence, at, by FROM vi_notify.clock_steps ORDER BY sequence", of: "clock_steps", by: "sequence"
      ) { row in
        ClockHistory.Step(at: try row.time("at"), by: try row.duration("by"))
      })
  }

  private static func put(_ history: ClockHistory, _ database: PostgresConnection) throws {
    try database.execute("DELETE FROM vi_notify.clock_steps")
    for step in history.steps {
      try database.execute("INSERT INTO vi_notify.clock_steps (at, by) VALUES (\(step.at), \(step.by))")
    }
  }

  static func put(_ reading: ClockReading, _ database: PostgresConnection) throws {
    try database.execute(saved(reading, from: "(SELECT 1) AS always"))
  }

  /// - Parameter source: has a row when it is to be written.
  static func saved(_ reading: ClockReading, from source: Statement) -> Statement {
    """
    INSERT INTO vi_notify.clock (boot, uptime, wall, source_ahead)
    SELECT \(reading.boot), \(reading.uptime), \(reading.wall), \(reading.sourceAhead) FROM \(source)
    ON CONFLICT (id) DO UPDATE SET boot = excluded.boot, uptime = excluded.uptime, wall = excluded.wall,
      source_ahead = excluded.source_ahead
    """
  }
}

/// Where the time comes from that is written with what is written.
struct KeptClock: Sendable {
  /// Between two times that it is written.
  private static let pause: Duration = .seconds(10)

  /// Nil: not at this moment.
  let read: @Sendable () -> ClockReading?
  private var writtenAt: Duration?

  init(read: @escaping @Sendable () -> ClockReading?) {
    self.read = read
  }

  /// What to write now; nil: it was written not long ago.
  mutating func next() -> ClockReading? {
    guard let reading = read() else { return nil }
    if let writtenAt, reading.uptime - writtenAt < Self.pause { return nil }
    writtenAt = reading.uptime
    return reading
  }
}
