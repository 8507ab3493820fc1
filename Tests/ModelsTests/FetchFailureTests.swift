import Locking
import Secrets
import Simulator
import Testing
import ViAPI

@testable import Models

@Suite(.timeLimit(.minutes(6)))
struct FetchFailureTests {
  private let size = 300_000

  /// Pieces of the archive, and the look that comes before them.
  private func requests(_ kit: ModelsKit) -> Int {
    1 + (kit.archive(size: size).count + 32_767) / 32_768
  }

  @Test(arguments: [400, 401, 403, 404]) func `a link that is refused half-way is replaced, and no byte fetched again`(
    status: Int
  ) async throws {
    try await withModels(size: size, faults: [Fault(on: .file, after: 5, .status(status))]) { kit in
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.outputRequests == 2)
      // The refused one, and another look with the new link.
      #expect(kit.fileRequests.count <= requests(kit) + 2 + 2)
    }
  }

  @Test func `a link that is about to run out is replaced before it is refused`() async throws {
    try await withModels(size: size) { kit in
      let half = Threshold(150_000)
      let clock = kit.clock
      _ = try await kit.download { if half.passes($0) { clock.withLock { $0 += 15 * 60_000 - 10_000 } } }
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.outputRequests == 2)
      #expect(kit.naps.withLock(\.isEmpty))
      #expect(kit.fileRequests.count == requests(kit) + 1)
    }
  }

  @Test func `a link that runs out at once, by a clock that can't be right, is used until it is refused`() async throws
  {
    try await withModels(ModelFiles(linkLifetime: 20_000), size: size) { kit in
      let half = Threshold(150_000)
      let clock = kit.clock
      _ = try await kit.download { if half.passes($0) { clock.withLock { $0 += 20_000 } } }
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.outputRequests == 2)
    }
  }

  @Test func `a storage that refuses every link is given up after a few`() async throws {
    try await withModels(size: size, faults: [Fault(on: .file, .status(403, times: nil))]) { kit in
      let error = await kit.failure()
      #expect(error?.description == "the download was refused (403)")
      #expect(error?.isTemporary == false)
      #expect(kit.outputRequests == 4)
      #expect(kit.entries == [])
    }
  }

  @Test(arguments: [ScriptedAnswer.Reply.reset, .cutShort]) func `a piece that breaks off is gone on with where it was`(
    reply: ScriptedAnswer.Reply
  ) async throws {
    try await withModels(size: size, faults: [Fault(on: .file, after: 3, ScriptedAnswer(reply, times: 2))]) { kit in
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.fileRequests.count == requests(kit) + 2)
      let rest = try kit.ranges().dropFirst().filter { !$0.lowerBound.isMultiple(of: 32_768) }
      if case .cutShort = reply { #expect(rest.count == 2) } else { #expect(rest.isEmpty) }
    }
  }

  @Test func `a piece that breaks off again and again is gone on with as long as something comes`() async throws {
    var settings = DownloadSettings.small
    settings.connections = 1
    let breaks = Fault(on: .file, after: 3, ScriptedAnswer(.cutShort, times: 9))
    try await withModels(size: size, faults: [breaks], settings: settings) { kit in
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.naps.withLock(\.self) == Array(repeating: .milliseconds(500), count: 9))
    }
  }

  @Test func `a storage that has too much to do is left alone as long as it asks for`() async throws {
    let busy = Fault(on: .file, after: 3, .status(503, headers: ["Retry-After": "7"]))
    try await withModels(size: size, faults: [busy]) { kit in
      _ = try await kit.download()
      #expect(kit.naps.withLock(\.self) == [.seconds(7)])
    }
  }

  @Test func `a storage that asks for an hour is left to whoever repeats the download`() async throws {
    let busy = Fault(on: .file, after: 3, .status(429, headers: ["Retry-After": "3600"]))
    try await withModels(size: size, faults: [busy]) { kit in
      let error = await kit.failure()
      #expect(error?.description == "the download was refused (429)")
      #expect(error?.isTemporary == true)
      #expect(kit.naps.withLock(\.isEmpty))
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
    }
  }

  @Test func `a storage that never answers well is given up after six attempts in a row, with ever longer pauses`()
    async throws
  {
    var settings = DownloadSettings.small
    settings.connections = 1
    try await withModels(size: size, faults: [Fault(on: .file, after: 2, .status(500, times: nil))], settings: settings)
    {
      kit in
      #expect(await kit.failure()?.isTemporary == true)
      #expect(kit.naps.withLock(\.self) == [0.5, 1, 2, 4, 8].map { .seconds($0) })
      #expect(kit.fileRequests.count == 2 + 6)
    }
  }

  @Test func `an API that fails for a moment is asked again`() async throws {
    try await withModels(faults: [Fault(on: .outputs, .status(503, times: 2))]) { kit in
      _ = try await kit.download()
      #expect(kit.outputRequests == 3)
    }
  }

  @Test func `a redirect is followed`() async throws {
    try await withModels { kit in
      let link = try #require(try await kit.client.outputs(of: ModelsKit.run, contents: true).last?.downloadURL)
      kit.simulator.inject(Fault(on: .file, .status(302, headers: ["Location": link.revealed], times: 3)))
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: size)))
      #expect(kit.outputRequests == 2)
    }
  }

  @Test func `a link to the machine's own credentials is not followed`() async throws {
    let fault = Fault(on: .file, .status(302, headers: ["Location": "http://169.254.169.254/latest"], times: nil))
    try await withModels(faults: [fault]) { kit in
      let failure = await kit.failure()
      #expect(failure?.description.contains("169.254.169.254 is not an allowed address") == true, "\(failure as Any)")
      #expect(failure?.isTemporary == false)
    }
  }

  @Test func `redirects without end are given up`() async throws {
    try await withModels(faults: [Fault(on: .file, .status(302, headers: ["Location": "/files/a"], times: nil))]) {
      kit in
      #expect(await kit.failure()?.description == "the download was refused (302 TooManyRedirects)")
    }
  }

  @Test func `a file that changes half-way is fetched from the start`() async throws {
    try await withModels(size: size) { kit in
      let half = Threshold(150_000)
      let (other, simulator) = (kit.archive(epoch: 7, size: 200_000), kit.simulator)
      _ = try await kit.download { progress in
        guard half.passes(progress) else { return }
        simulator.change(ModelsKit.run) { $0.archive = other.bytes(in: 0..<other.count) }
      }
      #expect(try kit.holds(other))
      #expect(kit.entries == [ModelsKit.run])
    }
  }

  @Test func `a file that changes all the time is given up`() async throws {
    try await withModels(size: size) { kit in
      let (number, simulator, archive) = (Locked(0), kit.simulator, kit.archive(size: size))
      let bytes = archive.bytes(in: 0..<archive.count)
      let error = await kit.failure { progress in
        guard progress.stage == .downloading else { return }
        let change = number.withLock { number in
          number += 1
          return number
        }
        simulator.change(ModelsKit.run) { $0.archive = bytes + [UInt8](repeating: 0, count: change) }
      }
      #expect(error?.description == "what was downloaded is damaged: the file on the server keeps changing")
    }
  }
}
