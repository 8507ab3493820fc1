import Storage
import Stores
import TestSupport
import Testing

@testable import PostgresStorage

/// A database of its own for one test.
struct TestDatabase {
  let server: PostgresServer
  let name: String

  init() throws {
    server = try PostgresServer.shared.get()
    name = "test_\(UInt64.random(in: 0...UInt64.max))"
    _ = try server.database(name)
  }

  var uri: String { server.uri(name) }

  /// For one of several processes.
  func open(_ roles: Set<Role> = Set(Role.allCases), worker: String = "") throws -> any StateStore {
    try StateStores.open(uri, for: .sharing(roles, worker: worker, version: "1.2"))
  }

  /// Beside the store, as another process has one.
  func connection() throws -> PostgresConnection {
    try PostgresConnection(PostgresTarget(uri), writes: true, patience: Patience { _ in }, limit: .seconds(60))
  }

  func watch() throws -> any StateStore { try StateStores.open(uri, for: .watching) }

  /// With a clock of its own for the lease.
  func watch(uptime: @escaping @Sendable () -> Duration) throws -> PostgresStore {
    let opening = StateOpening(try PostgresTarget(uri), for: .watching, Patience { _ in }, uptime: uptime)
    return try PostgresStore(opening, opening.open())
  }

  /// As if nobody had renewed their rows for long enough.
  func expire() throws {
    try psql("UPDATE vi_notify.members SET expires_at = clock_timestamp() - interval '1 min'")
  }

  /// What everybody had is this one's. They may renew their rows in between: then once more.
  func takeOver() throws -> any StateStore {
    while true {
      try expire()
      do throws(StorageError) {
        return try StateStores.open(uri, for: .watching)
      } catch {
        guard case .held = error else { throw error }
      }
    }
  }

  /// As if it had been silent for long enough, and another had seen that. In one transaction: it still renews its row.
  func removeFirst(_ count: Int = 1) throws {
    try psql(
      """
      BEGIN;
      CREATE TEMPORARY TABLE gone ON COMMIT DROP AS SELECT id FROM vi_notify.members ORDER BY id LIMIT \(count) FOR UPDATE;
      UPDATE vi_notify.leases SET member = NULL, free_since = clock_timestamp() WHERE member IN (SELECT id FROM gone);
      DELETE FROM vi_notify.members WHERE id IN (SELECT id FROM gone);
      COMMIT
      """)
  }

  @discardableResult
  func psql(_ script: String) throws -> String { try server.psql(script, in: name) }
}

/// The clause in which a store refuses to be opened.
func refusal(_ uri: String, for use: StateUse = .watching) -> StorageError? {
  do throws(StorageError) {
    try StateStores.open(uri, for: use).close()
    return nil
  } catch {
    return error
  }
}

extension Trait where Self == ConditionTrait {
  static var needsPostgres: Self { .enabled(if: PostgresServer.programs != nil, "apt-get install postgresql") }
}
