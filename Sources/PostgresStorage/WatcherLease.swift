import Glibc
internal import Locking
internal import Runs
internal import Storage

/// What makes one process the watcher: a row with an end by the database's clock, and a number that grows with every change of
/// hands.
///
/// - Every transaction of the watcher begins by finding its number there and keeping the row (``Fence``), so that nothing is written
///   by a process that slept while another took over. Renewing changes no key and doesn't wait for that; taking over does.
/// - What is about to be sent is given out only while the lease lasts by this machine's own count, which begins before the renewal
///   was asked for and runs on while the process stands still. Once that is over the database is asked again: it is either renewed,
///   or lost.
final class WatcherLease: Sendable {
  /// From a renewal.
  static let time: Duration = .seconds(15)
  static let renewal: Duration = .seconds(5)

  /// Its transactions begin with this. `FOR KEY SHARE` stands in the way of `FOR UPDATE`, with which a lease is taken, and not of
  /// the renewals.
  static func hold(_ epoch: Int64) -> String {
    "SELECT 1 FROM vi_notify.leases WHERE name = 'watcher' AND epoch = \(epoch) FOR KEY SHARE"
  }

  private struct State {
    /// By the uptime.
    var deadline: Duration
    var taker: String??
  }

  let epoch: Int64
  private let target: PostgresTarget
  private let worker: Worker
  private let state: Locked<State>

  private let uptime: @Sendable () -> Duration

  private init(epoch: Int64, deadline: Duration, _ link: Link, _ uptime: @escaping @Sendable () -> Duration) {
    let (state, target, patience) = (Locked(State(deadline: deadline)), link.target, link.patience)
    (self.epoch, self.target, self.state, self.uptime) = (epoch, target, state, uptime)
    worker = Worker(idle: (Self.renewal, { Self.renew(epoch, state, uptime, $0) })) {
      // A hanging connection must not cost the lease.
      Link(target, writes: true, patience: patience, callTime: .seconds(4))
    }
  }

  /// Throws `held` when another process has it.
  ///
  /// - Parameter uptime: goes on while this process stands still.
  static func take(
    _ link: Link, version: String, uptime: @escaping @Sendable () -> Duration
  ) throws -> WatcherLease {
    let (asked, epoch) = try link.insist { connection in
      if let holder = try holder(connection) { throw StorageError.held(state: link.target.name, processID: holder) }
      do {
        return (uptime(), try link.transaction(connection, begin: begin) { try take($0, link, version) })
      } catch PostgresFault.refused(state: "55P03", _) {
        // Whoever has it is just writing, late as it is.
        throw StorageError.held(state: link.target.name, processID: try lastHolder(connection))
      }
    }
    let lease = WatcherLease(epoch: epoch, deadline: asked + time, link, uptime)
    let code = lease.worker.start()
    guard code == 0 else {
      throw StorageError.failed(state: link.target.name, why: String(cString: strerror(code)))
    }
    return lease
  }

  private static let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '3s'"

  private static func take(_ connection: PostgresConnection, _ link: Link, _ version: String) throws -> Int64 {
    let isFree = try connection.first(
      "SELECT name, expires_at <= clock_timestamp() AS free FROM vi_notify.leases WHERE name = 'watcher' FOR UPDATE",
      of: "leases", by: "name"
    ) { try $0.flag("free") }
    guard isFree == true else {
      throw StorageError.held(state: link.target.name, processID: try lastHolder(connection))
    }
    let epoch = try connection.first(
      """
      UPDATE vi_notify.leases SET epoch = epoch + 1, process = \(Int64(getpid())), host = \(hostName), version = \(version),
        expires_at = clock_timestamp() + make_interval(secs => \(time.components.seconds)::bigint)
      WHERE name = 'watcher' RETURNING name, epoch
      """, of: "leases", by: "name"
    ) { try $0.integer("epoch") }
    guard let epoch else { throw StorageError.unusable(state: link.target.name, why: Schema.isIncomplete) }
    return epoch
  }

  /// Who has the lease, for people: `123 on host`; nil: nobody.
  static func holder(_ connection: PostgresConnection) throws -> String? {
    try connection.first(
      "SELECT name, process, host FROM vi_notify.leases WHERE name = 'watcher' AND expires_at > clock_timestamp()",
      of: "leases", by: "name", words)
  }

  private static func lastHolder(_ connection: PostgresConnection) throws -> String {
    try connection.first(
      "SELECT name, process, host FROM vi_notify.leases WHERE name = 'watcher'", of: "leases", by: "name", words)
      ?? "unknown"
  }

  private static func words(_ row: StoredRow) throws -> String {
    "\(try row.integer("process")) on \(try row.text("host"))"
  }

  private static func renew(
    _ epoch: Int64, _ state: Locked<State>, _ uptime: @Sendable () -> Duration, _ link: Link
  ) {
    guard state.withLock({ $0.taker == nil }) else { return }
    do {
      try link.insist { connection in
        let asked = uptime()
        let count = try connection.execute(
          """
          UPDATE vi_notify.leases SET expires_at = clock_timestamp() + make_interval(secs => \(time.components.seconds)::bigint)
          WHERE name = 'watcher' AND epoch = \(epoch)
          """)
        if count == 1 {
          state.withLock { $0.deadline = asked + time }
        } else {
          let taker = try holder(connection)
          state.withLock { $0.taker = .some(taker) }
        }
      }
    } catch {
      // The process is to end: nothing is given out without a lease, and the next try is a moment away.
    }
  }

  /// Returns while the lease lasts; a lease whose time is over is renewed first, where it still can be.
  ///
  /// To be asked when what was read is here: it may have come late.
  func check() async throws(StorageError) {
    if try lasts() { return }
    await withCheckedContinuation { continuation in
      let isOpen = worker.add { [epoch, state, uptime] link in
        Self.renew(epoch, state, uptime, link)
        continuation.resume()
      }
      if !isOpen { continuation.resume() }
    }
    guard try lasts() else {
      throw .failed(state: target.name, why: "this process can't show that nobody else watches, for the server is away")
    }
  }

  /// It lasts, as far as this process can know without asking.
  var isFresh: Bool { (try? lasts()) ?? false }

  private func lasts() throws(StorageError) -> Bool {
    let (deadline, taker) = state.withLock { ($0.deadline, $0.taker) }
    if let taker { throw .lost(state: target.name, by: taker) }
    return uptime() < deadline
  }

  /// Somebody else was seen to have it.
  func lose(to taker: String?) {
    state.withLock { $0.taker = $0.taker ?? .some(taker) }
  }

  /// Nothing is written under it any more: the next may watch at once.
  func giveUp() {
    worker.add { [epoch] link in
      _ = try? link.insist(within: .seconds(2)) { connection in
        try connection.execute(
          "UPDATE vi_notify.leases SET expires_at = '-infinity' WHERE name = 'watcher' AND epoch = \(epoch)")
      }
    }
    worker.close()
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
