import Storage
import TestSupport
import Testing

@testable import Stores

/// How a state is found by its name, and opened.
struct OpeningConformance {
  @Test(arguments: StoreFactory.durable)
  func `one watches at a time, and the next may as soon as the first has closed`(factory: StoreFactory) async throws {
    let scratch = try ScratchDirectory()
    for index in 0..<3 {
      let store = try factory.open(scratch.path)
      _ = try await store.commit(.of(run: "r\(index)", "m\(index)"))
      let error = #expect(throws: StorageError.self) { _ = try factory.open(scratch.path) }
      guard case .held(store.name, _) = error else { return #expect(error == nil) }
      #expect(try await store.deliveries(DeliveryFilter()).count == index + 1)
      store.close()
      store.close()
    }
  }

  @Test(arguments: [StateUse.watching, .sharing([], worker: "", version: ""), .reading, .leavingWord])
  func `a store that this build has not is refused for every use, and its password stays where it was`(use: StateUse) {
    for (name, scheme) in [
      ("mysql://me:s3cret@db.example/x", "mysql"), ("Redis://s3cret", "redis"),
      ("a+b-c.1://s3cret", "a+b-c.1"),
    ] {
      let error = #expect(throws: StorageError.self) { _ = try StateStores.open(name, for: use) }
      #expect(error == .noSuchStore(scheme: scheme))
      #expect(error.map { "\($0)".contains("s3cret") } == false)
    }
  }

  @Test(arguments: [
    "state.sqlite", "/a/b", "a:b", "file:x", "1a://x", "://x", "a/b://c", "é://x", "", "./service=vi", "a=b", "service",
    "host",
    "=x", "/x/host=y",
  ])
  func `what has no scheme is a path`(name: String) {
    #expect(StateStores.scheme(of: name) == nil)
  }

  @Test(arguments: ["service=vi", "host=/run/pg dbname=vi", "user = me host=x", "password=s3cret host=x"])
  func `what begins with a keyword of libpq's is a connection string`(name: String) {
    #expect(StateStores.scheme(of: name) == "postgresql")
    #expect(StateStores.letsShare(name))
  }
}
