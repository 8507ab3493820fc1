import GRDB
import Glibc
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// A state that can't be written: said as it is, nothing half done, and over when the cause is.
struct UnwritableStateTests {
  @Test func `a state that another writer holds for too long is said to be locked, and is written when it is free`()
    async throws
  {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let store = try SQLiteStore(path: path, busyTimeout: .milliseconds(20))
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    let due = try await store.due(destination: "chat", limit: 1, at: ms(1_000), except: [])
    let claim = try #require(due.first)
    var leavesOpen = Configuration()
    leavesOpen.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: path, configuration: leavesOpen)
    try await other.writeWithoutTransaction { try $0.beginTransaction(.immediate) }
    let sweep = try SweepCommit.of(run: "s", "n")
    let errors = [
      await storageError { _ = try await store.commit(sweep) },
      await storageError { try await store.settle(claim, as: .delivered, .of(claim, at: 5)) },
    ]
    let busy = StorageError.busy(state: path, processID: "\(getpid())")
    #expect(errors == [busy, busy])
    #expect(try await store.counts().pending == 1)
    try await other.writeWithoutTransaction { try $0.rollback() }
    #expect(try await store.commit(sweep) == (events: 1, deliveries: 1))
    try await store.settle(claim, as: .delivered, .of(claim, at: 5))
    #expect(try await store.counts().pending == 1)
    #expect(try await store.record("m").status == .delivered)
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "making a small disk takes the rights to mount"))
  func `a disk that is full fails what is written, loses nothing, and is over when there is room`() async throws {
    let scratch = try ScratchDirectory()
    let disk = try SmallDisk(at: scratch.path)
    let store = try SQLiteStore(path: "\(scratch.path)/state.sqlite")
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    try disk.fill()
    let large = DeliveryContent.body([UInt8](repeating: 0x20, count: 50_000))
    let sweep = try SweepCommit.of(run: "s", [NewDelivery(id: "n", rule: "r", destination: "d", content: large)])
    for _ in 0..<2 {
      let error = await storageError { _ = try await store.commit(sweep) }
      #expect(error?.description.contains("database or disk is full") == true, "\(String(describing: error))")
    }
    #expect(try await store.counts().pending == 1)
    disk.free()
    #expect(try await store.commit(sweep) == (events: 1, deliveries: 1))
    #expect(try await store.delivery(id: "n")?.content == large)
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "making a small disk takes the rights to mount"))
  func `a disk that can only be read is said, and the state on it stays as it was`() async throws {
    let scratch = try ScratchDirectory()
    let disk = try SmallDisk(at: scratch.path)
    let path = "\(scratch.path)/state.sqlite"
    let store = try SQLiteStore(path: path)
    _ = try await store.commit(.of(run: "r", "m"))
    store.close()
    try disk.makeReadOnly()
    for state in [path, "\(scratch.path)/new/state.sqlite"] {
      let error = await storageError { _ = try SQLiteStore(path: state) }
      #expect(error == .cannotOpen(state: state, why: "Read-only file system"))
    }
  }
}
