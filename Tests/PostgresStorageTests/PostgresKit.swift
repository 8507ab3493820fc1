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

  func watch() throws -> any StateStore { try StateStores.open(uri, for: .watching) }

  /// With a clock of its own for the lease.
  func watch(uptime: @escaping @Sendable () -> Duration) throws -> PostgresStore {
    let opening = StateOpening(try PostgresTarget(uri), for: .watching, Patience { _ in }, uptime: uptime)
    return try PostgresStore(opening, opening.open())
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
