import Glibc
internal import Locking
internal import Runs
internal import Storage

/// This process among those that share the state: a row with an end by the database's clock, and a number that nobody had before.
///
/// - What belongs to a process (the watch, targets, claims) names its number. When its time is over its row may be removed
///   (``reap(_:)``), and with the row everything it had is free: one number is the fence of all of it.
/// - Every transaction of the process begins by finding its row and keeping it (``Fence``), so that nothing is written by a process
///   that slept while others took over. Renewing changes no key and doesn't wait for that; removing does.
/// - What is about to be sent is given out only while the row lasts by this machine's own count, which begins before the renewal was
///   asked for and runs on while the process stands still. Once that is over the database is asked again: the row is either renewed, or
///   gone, and the process is to end.
/// - With each renewal comes the database's clock, by which the moments in the state are: the clocks of the machines don't matter.
final class Membership: Sendable {
  /// From a renewal.
  static let time: Duration = .seconds(15)
  static let renewal: Duration = .seconds(5)
  /// The database's clock is believed to stand where it was, unless it differs by more: an answer takes its time.
  private static let tolerance: Duration = .milliseconds(200)

  /// Its transactions begin with this. `FOR KEY SHARE` stands in the way of `FOR UPDATE`, with which a row is removed, and not of
  /// the renewals.
  static func hold(_ id: Int64) -> Statement {
    "SELECT 1 FROM vi_notify.members WHERE id = \(id) FOR KEY SHARE"
  }

  private struct State {
    /// By the uptime.
    var deadline: Duration
    var taker: String??
    /// The database's clock at uptime zero.
    var zero: Timestamp
  }

  /// Of the row.
  struct Renewal {
    let id: Int64
    let worker: String
    /// The uptime before it was asked for.
    let asked: Duration
    /// The database's clock at uptime zero.
    let zero: Timestamp
  }

  let id: Int64
  /// See ``Member/worker``.
  let worker: String
  private let target: PostgresTarget
  private let thread: Worker
  private let state: Locked<State>
  private let isWatcher: Locked<Bool>
  /// When it was last seen that some process watches, by the uptime; nil: not since nobody did.
  private let takenAt = Locked<Duration?>(nil)
  let uptime: @Sendable () -> Duration

  private init(_ first: Renewal, watches: Bool, _ link: Link, _ uptime: @escaping @Sendable () -> Duration) {
    let (target, patience, id, worker) = (link.target, link.patience, first.id, first.worker)
    let state = Locked(State(deadline: first.asked + Self.time, zero: first.zero))
    (self.id, self.target, self.state, self.uptime) = (id, target, state, uptime)
    self.worker = worker
    isWatcher = Locked(watches)
    thread = Worker(idle: (Self.renewal, { Self.renew(id, worker, state, uptime, $0) })) {
      // A hanging connection must not cost the row.
      Link(target, writes: true, patience: patience, callTime: .seconds(4))
    }
  }

  /// Throws `held` when this process is to be alone and another is there, or another is alone.
  ///
  /// - Parameters:
  ///   - roles: empty: it is to be alone, and watches.
  ///   - uptime: goes on while this process stands still.
  static func join(
    _ link: Link, roles: Set<Role>, worker: String, version: String,
    uptime: @escaping @Sendable () -> Duration
  ) throws -> Membership {
    let first = try link.insist { connection in
      try link.transaction(connection, begin: begin) { connection in
        // One joins after the other: of two that are to be alone one is.
        try connection.script("SELECT pg_advisory_xact_lock(7640, hashtext('vi_notify members'))")
        try reap(connection)
        let others: Statement = roles.isEmpty ? "true" : "roles = '{}'"
        if let other = try connection.first("\(named) WHERE \(others) ORDER BY id LIMIT 1", of: "members", words) {
          throw StorageError.held(state: link.target.name, processID: other)
        }
        let joined = try join(connection, roles, worker.isEmpty ? hostName : worker, version, uptime)
        if roles.isEmpty { _ = try takeWatch(joined.id, connection) }
        return joined
      }
    }
    let membership = Membership(first, watches: roles.isEmpty, link, uptime)
    let code = membership.thread.start()
    guard code == 0 else {
      throw StorageError.failed(state: link.target.name, why: String(cString: strerror(code)))
    }
    return membership
  }

  /// Nobody else can join while one does: the server ends the transaction of one that stands still, or is cut off, in the middle of it.
  private static let begin = """
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL idle_in_transaction_session_timeout = '10s'; \
    SET LOCAL lock_timeout = '3s'
    """

  private static let lease: Statement = "make_interval(secs => \(time.components.seconds)::bigint)"
  private static let clock: Statement = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS moment"

  private static func join(
    _ connection: PostgresConnection, _ roles: Set<Role>, _ worker: String, _ version: String,
    _ uptime: @Sendable () -> Duration
  ) throws -> Renewal {
    let asked = uptime()
    let joined = try connection.first(
      """
      INSERT INTO vi_notify.members (process, host, worker, version, roles, started_at, expires_at)
      VALUES (\(Int64(getpid())), \(hostName), \(worker), \(version), \(roles.map(\.rawValue).sorted()), clock_timestamp(),
        clock_timestamp() + \(lease))
      RETURNING id, \(clock)
      """, of: "members"
    ) { row in
      try Renewal(id: row.integer("id"), worker: worker, asked: asked, zero: zero(row.time("moment"), asked, uptime()))
    }
    try connection.execute(sign(of: worker))
    guard let joined else { throw PostgresFault.away(why: "the server gave no number of a process") }
    return joined
  }

  private static func sign(of worker: String) -> Statement {
    """
    INSERT INTO vi_notify.workers (name, seen_at) VALUES (\(worker), clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
    """
  }

  /// The moment was somewhere between the question and the answer.
  private static func zero(_ moment: Timestamp, _ asked: Duration, _ answered: Duration) -> Timestamp {
    moment + (.zero - asked - (answered - asked) / 2)
  }

  /// Removes those whose time is over, and frees what they had. One that is just writing, late as it is, is left for the next time.
  static func reap(_ connection: PostgresConnection) throws {
    let gone = try connection.all(
      "SELECT id FROM vi_notify.members WHERE expires_at < clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED",
      of: "members"
    ) { try $0.integer("id") }
    if gone.isEmpty { return }
    // It may have sent something until then.
    try connection.execute(
      """
      UPDATE vi_notify.leases SET member = NULL, free_since = m.expires_at FROM vi_notify.members m
      WHERE m.id = leases.member AND m.id = ANY (\(gone))
      """)
    try connection.execute("DELETE FROM vi_notify.members WHERE id = ANY (\(gone))")
    try connection.execute(
      "DELETE FROM vi_notify.commits WHERE member = ANY (\(gone)) OR (member < 0 AND at < clock_timestamp() - interval '1 h')"
    )
  }

  /// False: another process watches.
  static func takeWatch(_ id: Int64, _ connection: PostgresConnection) throws -> Bool {
    try connection.execute(
      """
      UPDATE vi_notify.leases SET member = \(id), free_since = NULL
      WHERE name = 'watch' AND (member IS NULL OR member = \(id))
      """) == 1
  }

  /// Who watches, for people: `123 on host`; nil: nobody.
  static func watcher(_ connection: PostgresConnection) throws -> String? {
    try connection.first(
      "\(named) WHERE id IN (\(watching))", of: "members", words)
  }

  /// The process that watches, if its time isn't over.
  static let watching: Statement = """
    SELECT l.member FROM vi_notify.leases l JOIN vi_notify.members m ON m.id = l.member
    WHERE l.name = 'watch' AND m.expires_at > clock_timestamp()
    """

  /// Any process that shares the state, for people; nil: none does.
  static func anybody(_ connection: PostgresConnection) throws -> String? {
    try connection.first(
      "\(named) WHERE expires_at > clock_timestamp() ORDER BY id LIMIT 1", of: "members", words)
  }

  private static let named: Statement = "SELECT id, process, host FROM vi_notify.members"

  private static func words(_ row: StoredRow) throws -> String {
    "\(try row.integer("process")) on \(try row.text("host"))"
  }

  private static func renew(
    _ id: Int64, _ worker: String, _ state: Locked<State>, _ uptime: @Sendable () -> Duration, _ link: Link
  ) {
    guard state.withLock({ $0.taker == nil }) else { return }
    do {
      try link.insist { connection in
        let asked = uptime()
        let now = try connection.first(
          """
          WITH sign AS (\(sign(of: worker))), past AS (
            DELETE FROM vi_notify.commits WHERE member = \(id)
              AND number < (SELECT max(number) FROM vi_notify.commits WHERE member = \(id)))
          UPDATE vi_notify.members SET expires_at = clock_timestamp() + \(lease) WHERE id = \(id) RETURNING id, \(clock)
          """, of: "members"
        ) { try $0.time("moment") }
        guard let now else {
          let taker = try watcher(connection)
          return state.withLock { $0.taker = .some(taker) }
        }
        let zero = zero(now, asked, uptime())
        state.withLock { state in
          state.deadline = asked + time
          let change = zero - state.zero
          if change > tolerance || change < .zero - tolerance { state.zero = zero }
        }
      }
    } catch {
      // The process is to end: nothing is given out without a row, and the next try is a moment away.
    }
  }

  /// Returns while the row lasts; one whose time is over is renewed first, where it still can be.
  ///
  /// To be asked when what was read is here: it may have come late.
  func check() async throws(StorageError) {
    if try lasts() { return }
    await withCheckedContinuation { continuation in
      let isOpen = thread.add { [id, worker, state, uptime] link in
        Self.renew(id, worker, state, uptime, link)
        continuation.resume()
      }
      if !isOpen { continuation.resume() }
    }
    guard try lasts() else {
      throw .failed(
        state: target.name, why: "this process can't show that nobody else has taken its place, for the server is away")
    }
  }

  /// It lasts, as far as this process can know without asking.
  var isFresh: Bool { (try? lasts()) ?? false }

  private func lasts() throws(StorageError) -> Bool {
    let (deadline, taker) = state.withLock { ($0.deadline, $0.taker) }
    if let taker { throw .lost(state: target.name, by: taker) }
    return uptime() < deadline
  }

  /// Its row was seen to be gone.
  func lose(to taker: String?) {
    state.withLock { $0.taker = $0.taker ?? .some(taker) }
  }

  /// This process watches.
  var watches: Bool { isWatcher.withLock { $0 } }

  func noteWatch() { isWatcher.withLock { $0 = true } }

  /// Some process watched a moment ago. False: none did, or nobody has looked since.
  var isWatchTaken: Bool {
    let now = uptime()
    return takenAt.withLock { $0 }.map { now - $0 < .seconds(2) } ?? false
  }

  /// What a look for something else has shown by the way.
  func noteWatch(isFree: Bool) {
    let now = uptime()
    takenAt.withLock { $0 = isFree ? nil : now }
  }

  /// The database's clock, at an uptime of this process.
  func now(at uptime: Duration) -> Timestamp { state.withLock { $0.zero } + uptime }

  /// Nothing is written under it any more: others may have at once what it had.
  func giveUp() {
    thread.add { [id] link in
      _ = try? link.insist(within: .seconds(2)) { connection in
        try link.transaction(connection, begin: Self.begin) { connection in
          try connection.execute(
            "UPDATE vi_notify.leases SET member = NULL, free_since = clock_timestamp() WHERE member = \(id)")
          try connection.execute("DELETE FROM vi_notify.members WHERE id = \(id)")
          try connection.execute("DELETE FROM vi_notify.commits WHERE member = \(id)")
        }
      }
    }
    thread.close()
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
