import FoundationEssentials
import Glibc
import Simulator
import TestSupport
import Testing

/// Kill the process at any instruction of a download or of unpacking: what was written down isn't fetched again, and nobody
/// ever sees half a model.
@Suite(.timeLimit(.minutes(6))) struct DownloadKillTests {
  private static let size = 64 << 20
  private static let kills = 10
  /// A machine that has much to do lets many a download come to its end before its moment.
  private static let maxLives = 60
  private static let pieceSize = 3 << 20

  /// Give the seed that a failure printed as `VI_NOTIFY_KILL_SEED`, to see the same moments again.
  private static let seed =
    getenv("VI_NOTIFY_KILL_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 1..<1_000_000)

  @Test func `killed at ten moments of downloading and unpacking, it goes on, and the model is what was sent`()
    async throws
  {
    print("seed of the download's kill test: \(Self.seed)")
    var random = SeededGenerator(seed: Self.seed)
    try await onStage(Scenario(modelSize: Self.size, runs: [.ended("run_a", .succeeded, ago: 9_000)])) { stage in
      var (saved, killed, halfUnpacked) = (0, 0, 0)
      for life in 0..<Self.maxLives {
        let isEnough = killed >= Self.kills && halfUnpacked >= 2 && saved > 0
        if isEnough { break }
        let journal = try journal(stage)
        saved += journal.count
        killed += try await live(stage, isUnpacking: life % 3 == 2, &random) ? 1 : 0
        halfUnpacked += access(stage.path("models/.run_a.vi-notify/unpacked"), F_OK) == 0 ? 1 : 0
        try expectNothingAskedAgain(stage, journal)
        #expect(access(stage.path("models/run_a"), F_OK) != 0 || isWhole(stage))
        if access(stage.path("models/run_a"), F_OK) == 0 {
          try FileManager.default.removeItem(atPath: stage.path("models/run_a"))
        }
      }
      print("killed \(killed) times, \(halfUnpacked) of them while unpacking; \(saved) pieces were there from before")
      // Some lives must have left something behind, or the test shows nothing of it.
      #expect(saved > 0 && halfUnpacked >= 2 && killed >= Self.kills)
      let end = try await stage.run("models", "download", "run_a", "--to", "models")
      #expect(end.code == 0, "\(end.errors)")
      #expect(isWhole(stage))
      #expect(try stage.files("models") == ["run_a"])
    }
  }

  /// One life of a download, which is killed while it downloads, or while it unpacks; true when it was, and had not ended.
  private func live(_ stage: Stage, isUnpacking: Bool, _ random: inout SeededGenerator) async throws -> Bool {
    let requests = stage.simulator.requestCount(.file)
    let download = try stage.start("models", "download", "run_a", "--to", "models")
    let moment = Int.random(in: isUnpacking ? 1...12 : 4...24, using: &random)
    await withTaskGroup(of: Void.self) { group in
      // One that is quicker than the moment ends by itself.
      group.addTask { _ = try? await download.end() }
      group.addTask {
        if isUnpacking {
          try? await writes(moment, in: stage)
        } else {
          try? await stage.simulator.requestCount(.file, atLeast: requests + moment)
        }
      }
      await group.next()
      download.send(SIGKILL)
      group.cancelAll()
    }
    let end = try await download.end()
    #expect(end.status == .killed(by: SIGKILL) || end.code == 0, "\(end.errors)")
    return end.status == .killed(by: SIGKILL)
  }

  /// Returns after so many writes to the unpacked model.
  private func writes(_ count: Int, in stage: Stage) async throws {
    let work = stage.path("models/.run_a.vi-notify")
    for (path, name) in [
      (stage.directory, "models"), (stage.path("models"), ".run_a.vi-notify"), (work, "unpacked"),
      ("\(work)/unpacked", "model_full"),
    ] { try await DirectoryWatch.waits(for: name, in: path) }
    var left = count
    for await _ in try DirectoryWatch("\(work)/unpacked/model_full").names {
      left -= 1
      if left <= 0 { return }
    }
  }

  /// The pieces that are written down, and how many requests there were by then.
  private func journal(_ stage: Stage) throws -> (pieces: Set<Int>, requests: Int, count: Int) {
    let lines = stage.read("models/.run_a.vi-notify/journal")?.split(separator: "\n").dropFirst() ?? []
    let pieces = Set(lines.compactMap { $0.last == "." ? Int($0.dropLast()) : nil })
    return (pieces, stage.simulator.requestCount(.file), pieces.count)
  }

  private func expectNothingAskedAgain(_ stage: Stage, _ before: (pieces: Set<Int>, requests: Int, count: Int)) throws {
    let requests = stage.simulator.requests.filter { $0.kind == .file }.dropFirst(before.requests)
    for request in requests {
      let ends = (request.request.headers["range"] ?? "").dropFirst("bytes=".count).split(separator: "-").compactMap {
        Int($0)
      }
      // The look at the file is for one byte.
      guard ends.count == 2, ends != [0, 0] else { continue }
      #expect(!before.pieces.contains(ends[0] / Self.pieceSize), "seed \(Self.seed): \(ends)")
    }
  }

  private func isWhole(_ stage: Stage) -> Bool {
    let archive = Archive(runID: "run_a", flow: "detector", epoch: 30, size: Self.size)
    let bytes = archive.bytes(in: 0..<archive.count)
    guard let weights = try? stage.bytes("models/run_a/model_full/model.safetensors") else { return false }
    // Behind the head of the third entry; the rest of the archive is padding.
    let start = bytes.count - 1_024 - (weights.count + 511) / 512 * 512
    return bytes.withUnsafeBytes { all in
      // Comparing element by element takes seconds in a debug build.
      all.baseAddress.map { memcmp($0 + start, weights, weights.count) == 0 } ?? false
    }
  }
}
