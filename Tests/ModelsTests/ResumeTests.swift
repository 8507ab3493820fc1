import FoundationEssentials
import Locking
import Simulator
import TestSupport
import Testing

@testable import Models

@Suite(.timeLimit(.minutes(6)))
struct ResumeTests {
  private let size = 600_000

  /// Breaks a download off by cancelling it when that many bytes are there.
  private func interrupt(_ kit: ModelsKit, at bytes: Int64) async throws {
    let (here, bell) = (Threshold(bytes), Bell())
    let error = await withTaskGroup(of: DownloadError?.self) { group in
      group.addTask { await kit.failure { if here.passes($0) { bell.ring() } } }
      await bell.wait()
      group.cancelAll()
      return await group.next() ?? nil
    }
    guard case .cancelled = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// Bytes that were asked for since a number of requests.
  private func asked(_ kit: ModelsKit, since requests: Int) throws -> Int {
    try kit.ranges().dropFirst(requests).reduce(0) { $0 + $1.count }
  }

  @Test func `a download that was broken off asks only for what is missing`() async throws {
    try await withModels(size: size) { kit in
      try await interrupt(kit, at: 400_000)
      let requests = kit.fileRequests.count
      let resumed = Locked<Int64>(0)
      _ = try await kit.download { progress in resumed.withLock { $0 = max($0, progress.resumedFrom) } }
      #expect(try kit.holds(kit.archive(size: size)))
      // Pieces on their way at the moment are fetched anew: three connections, and what is cancelled late.
      #expect(resumed.withLock(\.self) >= 400_000 - 4 * 32_768)
      #expect(try asked(kit, since: requests) <= kit.archive(size: size).count - 400_000 + 4 * 32_768 + 1)
    }
  }

  @Test func `a file that has changed meanwhile is fetched from the start`() async throws {
    try await withModels(size: size) { kit in
      try await interrupt(kit, at: 400_000)
      let other = kit.archive(epoch: 7, size: size)
      kit.simulator.change(ModelsKit.run) { $0.archive = other.bytes(in: 0..<other.count) }
      let requests = kit.fileRequests.count
      _ = try await kit.download()
      #expect(try kit.holds(other))
      #expect(try asked(kit, since: requests) == other.count + 1)
    }
  }

  @Test func `another checkpoint is not mixed with what was begun`() async throws {
    try await withModels(size: size) { kit in
      try await interrupt(kit, at: 400_000)
      kit.simulator.change(ModelsKit.run) { $0.checkpoints = 4 }
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(epoch: 40, size: size)))
    }
  }

  @Test(arguments: ["archive.part", "journal"]) func `what is left without the other is of no use`(_ lost: String)
    async throws
  {
    try await withModels(size: size) { kit in
      try await interrupt(kit, at: 400_000)
      let work = WorkFolder.path(of: ModelsKit.run, nil, in: kit.directory)
      try FileManager.default.removeItem(atPath: "\(work)/\(lost)")
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.entries == [ModelsKit.run])
    }
  }

  @Test func `an archive that is there whole is unpacked without asking anybody`() async throws {
    try await withModels(size: size) { kit in
      let bell = Bell()
      _ = await withTaskGroup(of: DownloadError?.self) { group in
        group.addTask { await kit.failure { if $0.stage == .unpacking { bell.ring() } } }
        await bell.wait()
        group.cancelAll()
        return await group.next() ?? nil
      }
      let requests = kit.simulator.requestCount()
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.simulator.requestCount() == requests)
      #expect(kit.entries == [ModelsKit.run])
    }
  }

  @Test func `what was half unpacked is unpacked anew`() async throws {
    try await withModels(size: size) { kit in
      try await interrupt(kit, at: 400_000)
      let half = WorkFolder.path(of: ModelsKit.run, nil, in: kit.directory) + "/unpacked/model_full"
      try FileManager.default.createDirectory(atPath: half, withIntermediateDirectories: true)
      try Data("half".utf8).write(to: URL(filePath: "\(half)/run.json"))
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
    }
  }

  @Test func `what another has left of the last step is tidied up`() async throws {
    try await withModels { kit in
      _ = try await kit.download()
      let work = WorkFolder.path(of: ModelsKit.run, nil, in: kit.directory)
      try FileManager.default.createDirectory(atPath: "\(work)/unpacked/model_full", withIntermediateDirectories: true)
      _ = try await kit.download()
      #expect(kit.entries == [ModelsKit.run])
    }
  }
}

/// Rings once, for one who waits.
final class Bell: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  func ring() { continuation.finish() }

  func wait() async {
    for await _ in stream {}
  }
}

@Suite(.timeLimit(.minutes(6)), .enabled(if: SmallDisk.isAllowed))
struct FullDiskTests {
  /// The directory for models, on a disk of 1 MB.
  private func withSmallDisk(
    size: Int, _ files: ModelFiles = ModelFiles(), _ body: (ModelsKit, SmallDisk) async throws -> Void
  ) async throws {
    try await withModels(files, size: size) { kit in
      try makeDirectories(kit.directory)
      try await body(kit, try SmallDisk(at: kit.directory))
    }
  }

  @Test func `a model that there is no room for is not begun`() async throws {
    try await withSmallDisk(size: 600_000) { kit, _ in
      let error = try #require(await kit.failure())
      guard case .tooLittleSpace(let needed, let free) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(needed == 2 * kit.archive(size: 600_000).count)
      #expect(free <= 1 << 20)
      #expect(error.isTemporary)
      #expect(kit.entries == [])
      #expect(kit.fileRequests.count == 1)
    }
  }

  @Test(arguments: [true, false]) func `a disk that fills up during the download is waited for, and nothing is lost`(
    givesRanges: Bool
  ) async throws {
    try await withSmallDisk(size: 400_000, ModelFiles(givesRanges: givesRanges)) { kit, disk in
      let here = Threshold(200_000)
      let error = try #require(await kit.failure { if here.passes($0) { try? disk.fill() } })
      #expect("\(error)".hasSuffix("No space left on device"))
      #expect(error.isTemporary)
      #expect(kit.entries == [".\(ModelsKit.run).vi-notify", "ballast"])
      disk.free()
      let requests = kit.fileRequests.count
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: 400_000)))
      guard givesRanges else { return }
      let again = try kit.ranges().dropFirst(requests).reduce(0) { $0 + $1.count }
      #expect(again < kit.archive(size: 400_000).count - 100_000)
    }
  }

  @Test func `a disk that fills up during unpacking keeps the archive, and it is not fetched again`() async throws {
    try await withSmallDisk(size: 400_000) { kit, disk in
      let isFilled = Locked(false)
      let error = try #require(
        await kit.failure { progress in
          guard progress.stage == .unpacking else { return }
          let isFirst = isFilled.withLock { isFilled in
            defer { isFilled = true }
            return !isFilled
          }
          if isFirst { try? disk.fill() }
        })
      #expect(error.isTemporary)
      #expect(!FileManager.default.fileExists(atPath: kit.folder))
      disk.free()
      let requests = kit.simulator.requestCount()
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: 400_000)))
      #expect(kit.simulator.requestCount() == requests)
    }
  }
}
