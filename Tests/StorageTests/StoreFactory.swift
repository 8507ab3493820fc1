import Storage
import Stores
import TestSupport
import Testing

/// A kind of store: every test of the conformance suite runs over each. A new store joins by being listed here.
struct StoreFactory: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let open: @Sendable (_ directory: String) throws -> any StateStore

  /// Those that survive a crash.
  static let durable = [
    StoreFactory(testDescription: "SQLite") { try StateStores.open("\($0)/state.sqlite", for: .watching) }
  ]

  /// The model is held against the same tests as what it judges.
  static let all = durable + [StoreFactory(testDescription: "model") { _ in ModelStore() }]

  /// A new, empty store for the time of `body`.
  func withStore(_ body: (any StateStore) async throws -> Void) async throws {
    let scratch = try ScratchDirectory()
    let store = try open(scratch.path)
    defer { store.close() }
    try await body(store)
  }
}
