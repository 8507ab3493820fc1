import Locking
import Storage
import Stores
import TestSupport
import Testing

/// A kind of store: every test of the conformance suite runs over each. A new store joins by being listed here.
struct StoreFactory: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Whose connections are few; nil: it has enough for all tests at once.
  var gate: Gate?
  let open: @Sendable (_ directory: String) throws -> any StateStore

  /// Those that survive a crash.
  static let durable =
    [StoreFactory(testDescription: "SQLite") { try StateStores.open("\($0)/state.sqlite", for: .watching) }]
    + (PostgresServer.programs == nil ? [] : [postgres])

  private static let postgres = StoreFactory(testDescription: "PostgreSQL", gate: Gate(places: 6)) { directory in
    let name = directory.split(separator: "/").last.map(String.init) ?? ""
    return try StateStores.open(PostgresServer.shared.get().database(name), for: .watching)
  }

  /// PostgreSQL behind pgbouncer, which gives each transaction another of few connections.
  static let pooled =
    PostgresServer.programs == nil || !PgBouncer.isThere
    ? []
    : [
      StoreFactory(testDescription: "PostgreSQL behind pgbouncer", gate: Gate(places: 3)) { directory in
        let name = directory.split(separator: "/").last.map(String.init) ?? ""
        _ = try PostgresServer.shared.get().database(name)
        return try StateStores.open(bouncer.get().uri(name), for: .watching)
      }
    ]

  private static let bouncer = Result { try PgBouncer(try PostgresServer.shared.get(), connections: 2) }

  /// The model is held against the same tests as what it judges.
  static let all = durable + [StoreFactory(testDescription: "model") { _ in ModelStore() }]

  /// A new, empty store for the time of `body`.
  func withStore(_ body: (any StateStore) async throws -> Void) async throws {
    await gate?.enter()
    defer { gate?.leave() }
    let scratch = try ScratchDirectory()
    let store = try open(scratch.path)
    defer { store.close() }
    try await body(store)
  }
}

/// Lets in so many at a time.
final class Gate: Sendable {
  private struct State {
    var places: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Locked<State>

  init(places: Int) { state = Locked(State(places: places)) }

  func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.places > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.places -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  func leave() {
    let next = state.withLock { state in
      if state.waiting.isEmpty {
        state.places += 1
        return CheckedContinuation<Void, Never>?.none
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}

struct PostgresPresence {
  @Test(.enabled(if: PostgresServer.programs != nil || PostgresServer.mustBeThere, "apt-get install postgresql"))
  func `PostgreSQL is there, so that its store is held against the suite`() throws {
    _ = try PostgresServer.shared.get()
  }
}
