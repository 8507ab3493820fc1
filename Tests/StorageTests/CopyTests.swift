import Dispatch
import Locking
import Runs
import TestSupport
import Testing

@testable import Storage
@testable import Stores

/// A state is taken from one store into another, whole or not at all.
@Suite(.enabled(if: PostgresServer.programs != nil, "apt-get install postgresql"), .timeLimit(.minutes(6)))
struct CopyTests {
  private struct Stage {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    func file(_ name: String) -> String { "\(scratch.path)/\(name).sqlite" }

    func database(_ name: String) throws -> String {
      try PostgresServer.shared.get().database("\(scratch.path.split(separator: "/").last ?? "")_\(name)")
    }

    func psql(_ script: String, in name: String) throws {
      try PostgresServer.shared.get().psql(
        script, in: "\(scratch.path.split(separator: "/").last ?? "")_\(name)")
    }
  }

  private func copy(
    _ from: String, _ to: String, onProgress: @escaping @Sendable (StateCopy.Progress) -> Void = { _ in }
  ) async throws -> StateDigest {
    let source = try StateStores.openTables(from, for: .copying)
    defer { source.close() }
    let target = try StateStores.openTables(to, for: .watching)
    defer { target.close() }
    return try await StateCopy.run(from: source, to: target, onProgress: onProgress)
  }

  private func digest(_ state: String) throws -> StateDigest {
    let store = try StateStores.openTables(state, for: .copying)
    defer { store.close() }
    return try store.readTables { try StateDigest(of: $0) }
  }

  private func fill(_ state: String) async throws {
    let store = try StateStores.open(state, for: .watching)
    defer { store.close() }
    try await FullState.fill(store)
  }

  @Test func `a state with everything in it goes to PostgreSQL, to another one and back, and is the same`() async throws
  {
    let stage = try Stage()
    let states = [stage.file("a"), try stage.database("b"), try stage.database("c"), stage.file("d"), stage.file("e")]
    try await fill(states[0])
    let first = try digest(states[0])
    for table in StateTable.all { #expect(first.count(table) > 0, "\(table.name) is empty: fill it in FullState") }
    for (from, to) in zip(states, states.dropFirst()) {
      let copied = try await copy(from, to)
      #expect(copied == first, "\(from) to \(to): \(copied.difference(from: first) ?? "")")
      #expect(try digest(to).text == first.text)
    }
    let store = try StateStores.open(states[1], for: .watching)
    defer { store.close() }
    #expect(try await store.cutOff().isEmpty)
    #expect(try await store.releaseClaims(at: ms(50)) == 1, "it is claimed as it was")
    #expect(try await store.collectingDigests(run: nil).map(\.count) == [1], "the digest is open as it was")
    #expect(try await store.record("second").status == .delivered)
    #expect(try await store.record("first").status == .pending)
    #expect(try await store.delivery(id: "second")?.attempts.map(\.output) == [FullState.hostile])
  }

  @Test func `one value that differs is another digest`() async throws {
    let stage = try Stage()
    try await fill(stage.file("a"))
    _ = try await copy(stage.file("a"), stage.database("b"))
    try stage.psql("UPDATE vi_notify.attempts SET code = 201 WHERE delivery = 1", in: "b")
    let (first, second) = (try digest(stage.file("a")), try digest(stage.database("b")))
    #expect(first.difference(from: second) == "attempts" && first.text != second.text)
  }

  @Test(arguments: Effort.seeds(3, thorough: 20))
  func `a random life goes on in the copy as in the model`(seed: UInt64) async throws {
    let stage = try Stage()
    let states = [stage.file("a"), try stage.database("b"), stage.file("c"), try stage.database("d")]
    var life = Life(
      store: try StateStores.open(states[0], for: .watching), model: ModelStore(), random: SeededGenerator(seed: seed))
    defer { life.store.close() }
    for index in states.indices {
      if index > 0 {
        life.store.close()
        _ = try await copy(states[index - 1], states[index])
        life.store = try StateStores.open(states[index], for: .watching)
        try await life.compareDetails("seed \(seed), copy \(index)")
      }
      for step in 0..<25 {
        let action = try await life.step()
        try await life.compare("seed \(seed), store \(index), step \(step): \(action)")
      }
    }
    try await life.compareDetails("seed \(seed)")
  }

  @Test func `what isn't empty is left as it is`() async throws {
    let stage = try Stage()
    let (file, database) = (stage.file("a"), try stage.database("b"))
    try await fill(file)
    try await fill(database)
    for (from, to) in [(file, database), (database, file)] {
      let before = try digest(to)
      let error = await storageError { _ = try await copy(from, to) }
      guard case .unusable(_, let why) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(why.contains("isn't empty"))
      #expect(try digest(to) == before)
    }
  }

  @Test func `a state that is watched is neither copied nor copied to, and nobody watches while it is`() async throws {
    let stage = try Stage()
    for (from, to) in [(stage.file("a"), try stage.database("b")), (try stage.database("c"), stage.file("d"))] {
      try await fill(from)
      for (held, name) in [(from, "FROM"), (to, "TO")] {
        let watcher = try StateStores.open(held, for: .watching)
        let error = await storageError { _ = try await copy(from, to) }
        if case .held = error {} else { Issue.record("\(name): \(String(describing: error))") }
        watcher.close()
      }
      let refused = Locked(0)
      _ = try await copy(from, to) { progress in
        guard progress.table.name == "acts" else { return }
        for state in [from, to] {
          do throws(StorageError) {
            try StateStores.open(state, for: .watching).close()
          } catch {
            if case .held = error { refused.withLock { $0 += 1 } }
          }
        }
      }
      #expect(refused.withLock { $0 } == 2 * 3, "both, while it is copied, compared here and compared there")
    }
  }

  @Test func `from nothing nothing is made`() async throws {
    let stage = try Stage()
    let empty = try stage.database("empty")
    for from in [stage.file("a"), empty] {
      #expect(await storageError { _ = try await copy(from, stage.file("b")) } != nil)
    }
    #expect(await storageError { try StateStores.open(stage.file("a"), for: .reading).close() } != nil)
    #expect(await storageError { try StateStores.open(stage.file("b"), for: .reading).close() } != nil)
    #expect(await storageError { try StateStores.open(empty, for: .reading).close() } != nil)
  }

  /// In the last table but one: everything before it has been written by then.
  @Test(arguments: [
    (#"U&'\E000x'"#, "detail of acts 1 can't be read"),
    (#"U&'a\E0000b'"#, "can't take over acts 1: its detail contains"),
  ])
  func `a row that can't be taken over is named, and the other state stays empty`(
    _ text: String, _ words: String
  ) async throws {
    let stage = try Stage()
    let (from, to) = (try stage.database("a"), stage.file("b"))
    try await fill(from)
    try stage.psql("UPDATE vi_notify.acts SET detail = \(text) WHERE sequence = 1", in: "a")
    let error = await storageError { _ = try await copy(from, to) }
    #expect("\(String(describing: error))".contains(words) || error?.description.contains(words) == true)
    #expect(try digest(to) == StateDigest())
    try stage.psql("UPDATE vi_notify.acts SET detail = ''", in: "a")
    _ = try await copy(from, to)
  }

  @Test func `a NUL goes from PostgreSQL to PostgreSQL`() async throws {
    let stage = try Stage()
    let (from, to) = (try stage.database("a"), try stage.database("b"))
    try await fill(from)
    try stage.psql(#"UPDATE vi_notify.posted SET key = U&'a\E0000b' WHERE rank = 1"#, in: "a")
    #expect(try await copy(from, to) == digest(from))
    let store = try StateStores.open(to, for: .reading)
    defer { store.close() }
    #expect(try await store.posted(key: "a\0b") != nil)
  }

  @Test func `a command that writes meanwhile is noticed, and the other state stays empty`() async throws {
    let stage = try Stage()
    for (from, to) in [(stage.file("a"), try stage.database("b")), (try stage.database("c"), stage.file("d"))] {
      try await fill(from)
      let isFirst = Locked(true)
      let error = await storageError {
        _ = try await copy(from, to) { progress in
          guard progress.table.name == "runs", isFirst.withLock({ $0.take() }) else { return }
          let done = DispatchSemaphore(value: 0)
          Task {
            defer { done.signal() }
            let store = try StateStores.open(from, for: .leavingWord)
            try await store.add(Silence(id: "sil_new", createdAt: ms(1), until: ms(2), reason: "x"))
            store.close()
          }
          done.wait()
        }
      }
      #expect(error?.description.contains("was changed while it was copied (silences)") == true)
      #expect(try digest(to) == StateDigest())
    }
  }

  @Test func `no more than a page is in memory, and a longer row alone`() async throws {
    let stage = try Stage()
    for state in [stage.file("a"), try stage.database("b")] {
      let store = try StateStores.openTables(state, for: .watching)
      defer { store.close() }
      for (index, length) in [10, 900, 900, 5_000, 10, 10, 400].enumerated() {
        _ = try await store.commit(
          .of(
            run: "r\(index)",
            [
              NewDelivery(
                id: "m\(index)", rule: "r", destination: "chat", content: .body([UInt8](repeating: 7, count: length)))
            ]))
      }
      let contents = try #require(StateTable.all.first { $0.name == "contents" })
      let pages = try store.readTables { tables in
        var pages: [Int] = []
        try tables.rows(of: contents, pageSize: 2_000) { pages.append($0.count) }
        return pages
      }
      // 10 + 900 with 64 a row, 900, 5,000, the rest.
      #expect(pages == [2, 1, 1, 3], "\(state)")
    }
  }
}

extension Bool {
  /// True once.
  fileprivate mutating func take() -> Bool {
    defer { self = false }
    return self
  }
}
