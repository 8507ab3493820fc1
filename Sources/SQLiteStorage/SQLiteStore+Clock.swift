internal import GRDB
internal import Locking
package import Runs
package import Storage

/// The clock by which the moments in the state were written, and what is done when it turns out to have been set.
extension SQLiteStore {
  /// With whatever is written from now on what `read` says is written as well, not oftener than every ten seconds: at the next
  /// start it is known what happened to the clock meanwhile.
  package func keepClock(_ read: @escaping @Sendable () -> ClockReading?) {
    clock.withLock { $0 = KeptClock(read: read) }
  }

  /// Nil in a state in which nothing ever happened.
  package func savedClock() async throws(StorageError) -> ClockReading? {
    try await read { database in
      try database.first("SELECT id, boot, uptime, wall, source_ahead FROM clock", of: "clock") { row in
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

  private static func move(_ change: ClockChange, _ database: Database) throws {
    let (moments, ages) = (change.moments.milliseconds, change.ages.milliseconds)
    try database.execute(
      sql: """
        UPDATE deliveries SET next_attempt_at = next_attempt_at + ?, retry_from = coalesce(retry_from, created_at) + ?
        WHERE status IN ('pending', 'claimed')
        """, arguments: [moments, ages])
    try database.execute(
      sql: "UPDATE destinations SET hold_until = hold_until + ?, next_probe_at = next_probe_at + ?",
      arguments: [moments, moments])
    try database.execute(sql: "UPDATE digests SET due_at = due_at + ? WHERE delivery_id IS NULL", arguments: [moments])
    try database.execute(sql: "UPDATE sources SET unreachable_since = unreachable_since + ?", arguments: [moments])
  }

  /// Nothing was made or settled in the future: a clock that was ahead said so. It counts as made and settled now, so that it is
  /// forgotten when its time has passed and not when that clock's has.
  private static func tame(at now: Timestamp, _ database: Database) throws {
    for sql in [
      "UPDATE deliveries SET created_at = min(created_at, :now), settled_at = min(settled_at, :now) "
        + "WHERE created_at > :now OR settled_at > :now",
      "UPDATE events SET seen_at = :now WHERE seen_at > :now AND length(body) > 0",
      "UPDATE posted SET used_at = :now WHERE used_at > :now",
    ] { try database.execute(sql: sql, arguments: ["now": now.milliseconds]) }
    try hurry(at: now, database)
  }

  package func hurry(at now: Timestamp) async throws(StorageError) {
    try await write { try Self.hurry(at: now, $0) }
  }

  private static func hurry(at now: Timestamp, _ database: Database) throws {
    try database.execute(
      sql: """
        UPDATE deliveries SET next_attempt_at = :now, retry_from = min(coalesce(retry_from, :now), :now)
        WHERE status = 'pending' AND delay IS NULL AND next_attempt_at > :now
        """, arguments: ["now": now.milliseconds])
  }

  package func requiet(_ ends: [String: Timestamp?], at now: Timestamp) async throws(StorageError) {
    try await write { database in
      let statement = try database.cachedStatement(
        sql: """
          UPDATE deliveries SET next_attempt_at = :next, delay = iif(:isQuiet, delay, NULL),
            retry_from = iif(attempts = attempts_before, :next, retry_from)
          WHERE status = 'pending' AND destination = :destination AND lane IS NULL AND delay = 'quiet' AND next_attempt_at > :now
            AND next_attempt_at != :next
          """)
      for (destination, end) in ends {
        try statement.execute(arguments: [
          "next": (end ?? now).milliseconds, "isQuiet": end != nil, "destination": destination,
          "now": now.milliseconds,
        ])
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

  private static func history(_ database: Database) throws -> ClockHistory {
    ClockHistory(
      try database.all(
        "SELECT sequence, at, by FROM clock_steps ORDER BY sequence", of: "clock_steps", by: "sequence"
      ) { row in
        ClockHistory.Step(at: try row.time("at"), by: try row.duration("by"))
      })
  }

  private static func put(_ history: ClockHistory, _ database: Database) throws {
    try database.execute(sql: "DELETE FROM clock_steps")
    for step in history.steps {
      try database.execute(
        sql: "INSERT INTO clock_steps (at, by) VALUES (?, ?)",
        arguments: [step.at.milliseconds, step.by.milliseconds])
    }
  }

  static func put(_ reading: ClockReading, _ database: Database) throws {
    try database.cachedStatement(
      sql: "REPLACE INTO clock (id, boot, uptime, wall, source_ahead) VALUES (1, ?, ?, ?, ?)"
    ).execute(
      arguments: [
        reading.boot, reading.uptime.milliseconds, reading.wall.milliseconds, reading.sourceAhead?.milliseconds,
      ])
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
