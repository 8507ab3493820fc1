import FoundationEssentials
import Glibc
import Runs
import Storage
import TestSupport
import Testing

@testable import SQLiteStorage

/// Files of a state that go away while it is in use.
struct StatePresenceTests {
  enum Loss: String, CaseIterable {
    case removed, replaced, directoryMoved, indexRemoved, logReplaced, linkTurned
  }

  private func harm(_ path: String, by loss: Loss) throws {
    let place = path.replacing("/link.sqlite", with: "/a/state.sqlite")
    switch loss {
    case .removed: try #require(unlink(place) == 0)
    case .replaced:
      try Data(contentsOf: URL(filePath: place)).write(to: URL(filePath: place + ".copy"))
      try #require(rename(place + ".copy", place) == 0)
    case .directoryMoved:
      try #require(rename(StateFile.directory(of: place), StateFile.directory(of: place) + "-moved") == 0)
    case .indexRemoved: try #require(unlink(place + "-shm") == 0)
    case .logReplaced: try #require(unlink(place + "-wal") == 0 && creat(place + "-wal", 0o600) >= 0)
    case .linkTurned:
      try #require(creat(place + ".other", 0o600) >= 0)
      try #require(unlink(path) == 0 && symlink("a/state.sqlite.other", path) == 0)
    }
  }

  @Test(arguments: Loss.allCases)
  func `what is written to a state that has gone counts as not written, and nothing is read from it`(_ loss: Loss)
    async throws
  {
    let scratch = try ScratchDirectory()
    try #require(mkdir("\(scratch.path)/a", 0o700) == 0)
    let path = "\(scratch.path)/link.sqlite"
    try #require(symlink("a/state.sqlite", path) == 0)
    let store = try SQLiteStore(path: path)
    defer { store.close() }
    _ = try await store.commit(.of(run: "r", "m"))
    try harm(path, by: loss)
    let sweep = try SweepCommit.of(run: "s", "n")
    for error in [
      await storageError { _ = try await store.commit(sweep) },
      await storageError { _ = try await store.due(destination: "chat", limit: 9, at: ms(9), except: []) },
    ] {
      let place = "\(scratch.path)/a/state.sqlite"
      let files = [path, place, place + "-wal", place + "-shm"]
      #expect(files.map { StorageError.gone(path: path, file: $0) }.contains(error), "\(String(describing: error))")
    }
  }

  @Test func `a log that was removed is saved into the state before that ends`() async throws {
    let scratch = try ScratchDirectory()
    let path = "\(scratch.path)/state.sqlite"
    let store = try SQLiteStore(path: path)
    _ = try await store.commit(.of(run: "r", "m"))
    try #require(unlink(path + "-wal") == 0)
    let sweep = try SweepCommit.of(run: "s", "n")
    let error = await storageError { _ = try await store.commit(sweep) }
    #expect(error == .logGone(path: path, file: path + "-wal"))
    store.close()
    let again = try SQLiteStore(path: path)
    #expect(try await again.deliveries(DeliveryFilter()).map(\.id) == ["m", "n"])
    again.close()
  }

  @Test func `who has a state open under one name of a file is named to who comes by another`() async throws {
    let scratch = try ScratchDirectory()
    let (path, other) = ("\(scratch.path)/state.sqlite", "\(scratch.path)/other.sqlite")
    let store = try SQLiteStore(path: path, lock: StateLock(state: path))
    _ = try await store.commit(.of(run: "r", "m"))
    try #require(link(path, other) == 0)
    let error = #expect(throws: StorageError.self) { _ = try SQLiteStore(readingFrom: other) }
    #expect(error == .otherName(path: other, processID: "\(getpid())"))
    store.close()
    // A copy of names alone, as some backups make it, is no harm when nobody has it open.
    let reader = try SQLiteStore(readingFrom: other)
    #expect(try await reader.deliveries(DeliveryFilter()).map(\.id) == ["m"])
    reader.close()
  }
}
