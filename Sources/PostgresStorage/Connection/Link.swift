internal import Runs
internal import Storage

/// A connection that is made anew when it is lost, for the thread that has made it.
final class Link {
  /// Of one call, unless somebody has less time.
  static let callTime: Duration = .seconds(60)

  let target: PostgresTarget
  let patience: Patience
  private let writes: Bool
  private let callTime: Duration
  private var connection: PostgresConnection?

  /// - Parameter writes: the server must let us write.
  init(_ target: PostgresTarget, writes: Bool, patience: Patience, callTime: Duration = Link.callTime) {
    (self.target, self.writes, self.patience, self.callTime) = (target, writes, patience, callTime)
  }

  /// Does what may be done again, until it is done: a server that is away is waited for.
  ///
  /// - Parameter limit: how long; nil: as long as it takes, or until the process is to end.
  /// - Throws: what `work` throws, a ``PostgresFault`` that doesn't mend, and `failed` when it has taken too long.
  func insist<Value>(within limit: Duration? = nil, _ work: (PostgresConnection) throws -> Value) throws -> Value {
    let call = patience.begin()
    var (backoff, isAnswered) = (Backoff(), true)
    defer { patience.end(call, isAnswered: isAnswered) }
    while true {
      do {
        return try work(connected())
      } catch let fault as PostgresFault where fault.remedy != .none {
        tidy(after: fault)
        patience.note(fault, call)
        let pause = fault.remedy == .again ? .milliseconds(Int64.random(in: 1...20)) : backoff.next()
        guard patience.wait(pause, call, limit: limit) else {
          isAnswered = false
          throw StorageError.failed(state: target.name, why: fault.why)
        }
      }
    }
  }

  /// Does it all in one transaction, which is undone when `work` throws.
  func transaction<Value>(
    _ connection: PostgresConnection, begin: String, _ work: (PostgresConnection) throws -> Value
  ) throws -> Value {
    do {
      try connection.script(begin)
      let value = try work(connection)
      try connection.script("COMMIT")
      return value
    } catch {
      undo(connection)
      throw error
    }
  }

  /// Lets the connection go when its transaction can't be undone otherwise.
  func undo(_ connection: PostgresConnection) {
    do { try connection.undo() } catch { drop() }
  }

  func drop() { connection = nil }

  private func tidy(after fault: PostgresFault) {
    guard let connection else { return }
    if case .away = fault { return drop() }
    // The server may be another one by now, or has no place for us.
    if !connection.isOpen || fault.remedy == .wait { drop() }
  }

  /// Throws a ``PostgresFault``, and `unusable` for a server that won't do.
  private func connected() throws -> PostgresConnection {
    if let connection, connection.isOpen { return connection }
    let made = try PostgresConnection(target, writes: writes, patience: patience, limit: callTime)
    try ServerCheck.check(made, target, writes: writes)
    connection = made
    return made
  }
}

/// What a server must be for a state to be kept there.
enum ServerCheck {
  /// Throws for a server that won't do. One that nobody stands before is told what to keep.
  static func check(_ connection: PostgresConnection, _ target: PostgresTarget, writes: Bool) throws {
    guard connection.version >= 130_000 else {
      throw StorageError.unusable(
        state: target.name,
        why: "is on PostgreSQL \(connection.version / 10_000), which is too old; 13 or later is needed")
    }
    let asked = try connection.script(
      """
      SELECT pg_is_in_recovery()::text, current_setting('server_encoding'), current_setting('synchronous_commit'), \
      pg_backend_pid()::text
      """)
    guard let row = asked.last?.first, row.count == 4 else { return }
    if writes, row[0] == "true" { throw PostgresFault.refused(state: "25006", message: isStandby) }
    guard row[1] == "UTF8" else {
      throw StorageError.unusable(
        state: target.name,
        why:
          "is in a database whose encoding is \(row[1] ?? "unknown"); make one with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
      )
    }
    if writes, row[2] == "off" {
      throw StorageError.unusable(
        state: target.name,
        why:
          "is on a server that confirms what it may still lose (synchronous_commit = off); turn it on for this role: "
          + "ALTER ROLE … SET synchronous_commit = on")
    }
    // A pooler has told us a number of its own.
    if row[3] == String(connection.backend) { try connection.keepStatements() }
  }

  static let isStandby = "the server is a standby, which nobody can write to; name its primary, or both hosts"
}
