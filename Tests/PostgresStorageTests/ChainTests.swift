import Runs
import Storage
import Stores
import TestSupport
import Testing

@testable import PostgresStorage

/// What follows a download, among several machines.
@Suite(.needsPostgres, .timeLimit(.minutes(6))) struct ChainTests {
  private func step(_ script: String, isOnce: Bool = false) -> NewDelivery {
    var step = NewDelivery(
      id: "use", rule: "rule", destination: .hook, content: .hook(HookCall(command: .shell(script))))
    (step.link, step.isOnce) = (ChainLink(parent: "fetch", .then), isOnce)
    return step
  }

  /// A model is downloaded on one machine, and hooks go on there.
  private func chain(_ store: any StateStore, isOnce: Bool = false) async throws {
    var download = NewDelivery(
      id: "fetch", rule: "rule", destination: .download, content: .download(DownloadCall(directory: "/models")))
    download.continuation = Array("{}".utf8)
    _ = try await store.commit(.of(run: "r", [download]))
    let claim = try await store.claimOne(.download, at: 5)
    let ended = SettledAttempt(claim, .delivered, .of(claim, at: 6), next: [step("true", isOnce: isOnce)])
    _ = try await store.settle(SettlementBatch([ended]), at: ms(6))
  }

  /// Two with one state: the left one has the files of a chain, the right one watches.
  private func machines(_ database: TestDatabase, isOnce: Bool = false) async throws -> (
    left: any StateStore, right: any StateStore
  ) {
    let (left, right) = (try database.open(worker: "left"), try database.open(worker: "right"))
    _ = try await right.takeWatch()
    try await chain(left, isOnce: isOnce)
    return (left, right)
  }

  private func forget(_ worker: String, _ database: TestDatabase) throws {
    try database.psql(
      "UPDATE vi_notify.workers SET seen_at = clock_timestamp() - interval '1 h' WHERE name = '\(worker)'")
  }

  @Test func `what follows a download is done where the files are, and begins again with it when that machine is gone`()
    async throws
  {
    let database = try TestDatabase()
    let (left, right) = try await machines(database)
    defer { right.close() }
    #expect(try await right.claimIDs(.hook, at: 9) == [])
    // Its machine is there, or was a moment ago.
    #expect(try await right.restartChains(goneFor: .seconds(600), at: ms(9)) == [])
    #expect(try await !right.share([]).isSomethingLeft)
    left.close()
    #expect(try await right.share([]).isSomethingLeft)
    #expect(try await right.restartChains(goneFor: .seconds(600), at: ms(9)) == [])
    try forget("left", database)
    #expect(try await right.restartChains(goneFor: .seconds(600), at: ms(9)) == ["fetch"])
    #expect(try await right.restartChains(goneFor: .seconds(600), at: ms(9)) == [])
    #expect(try await right.claimIDs(.hook, at: 9) == [])
    // The machine is back: the step isn't its own any more.
    let back = try database.open(worker: "left")
    defer { back.close() }
    #expect(try await back.claimIDs(.hook, at: 9) == [])
    let again = try await right.claimOne(.download, at: 9)
    #expect(again.id == "fetch")
    let ended = SettledAttempt(again, .delivered, .of(again, at: 10), next: [step("other")])
    _ = try await right.settle(SettlementBatch([ended]), at: ms(10))
    #expect(try await back.claimIDs(.hook, at: 11) == [])
    let use = try await right.claimOne(.hook, at: 11)
    #expect(use.id == "use")
    guard case .hook(let call) = use.content else { return #expect(Bool(false)) }
    #expect(call.command == .shell("other"))
    try await right.settle(use, as: .delivered, .of(use, at: 12))
    #expect(try await right.counts() == DeliveryCounts(delivered: 2))
  }

  @Test func `a step whose download can't be made again, or that must not run twice, is a dead letter that says why`()
    async throws
  {
    let database = try TestDatabase()
    let (left, right) = try await machines(database, isOnce: true)
    defer { right.close() }
    // It has begun there, and asked to be made again.
    let claim = try await left.claimOne(.hook, at: 7)
    try await left.settle(claim, as: .retry(at: ms(8), reason: "75"), .of(claim, at: 7, outcome: "tryLater"))
    left.close()
    try forget("left", database)
    #expect(try await right.restartChains(goneFor: .seconds(600), at: ms(9)) == [])
    let record = try await right.record("use")
    #expect(record.status == .dead)
    #expect(record.reason?.contains("the machine left with its files is gone") == true)
    #expect(record.reason?.contains("must not run twice") == true)
  }

  @Test func `when the download fails elsewhere, what waited for it dies with it`() async throws {
    let database = try TestDatabase()
    let (left, right) = try await machines(database)
    defer { right.close() }
    left.close()
    try forget("left", database)
    _ = try await right.restartChains(goneFor: .seconds(600), at: ms(9))
    let again = try await right.claimOne(.download, at: 9)
    try await right.settle(again, as: .dead(reason: "no model"), .of(again, at: 10, outcome: "rejected"))
    _ = try await right.restartChains(goneFor: .seconds(600), at: ms(11))
    #expect(try await right.record("use").reason?.contains("could not be made again") == true)
  }

  private func copy(_ from: String, _ to: String) async throws {
    let (source, target) = (try StateStores.open(from, for: .copying), try StateStores.open(to, for: .watching))
    defer { source.close() }
    defer { target.close() }
    _ = try await StateCopy.run(
      from: try #require(source as? any StateTables), to: try #require(target as? any StateTables))
  }

  @Test func `a copy knows where the files are, and gives that machine its whole time to come back`() async throws {
    let (scratch, old, new) = (try ScratchDirectory(), try TestDatabase(), try TestDatabase())
    let before = try old.open(worker: "left")
    try await chain(before)
    before.close()
    try forget("left", old)
    try await copy(old.uri, scratch.path + "/state.sqlite")
    try await copy(scratch.path + "/state.sqlite", new.uri)
    let right = try new.open(worker: "right")
    defer { right.close() }
    _ = try await right.takeWatch()
    #expect(try await right.claimIDs(.hook, at: 9) == [])
    #expect(try await right.restartChains(goneFor: .seconds(600), at: ms(9)) == [])
    let left = try new.open(worker: "left")
    defer { left.close() }
    #expect(try await left.claimIDs(.hook, at: 9) == ["use"])
  }
}
