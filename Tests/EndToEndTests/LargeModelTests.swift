import FoundationEssentials
import Glibc
import Locking
import Simulator
import Testing

/// Memory is the same whatever the size of a model.
@Suite(.timeLimit(.minutes(6))) struct LargeModelTests {
  private static let size = 1 << 30

  @Test func `a model of a gigabyte takes no more memory than a small one`() async throws {
    let scenario = Scenario(
      modelSize: Self.size, models: ModelFiles(weights: .zeros), runs: [.ended("run_a", .succeeded, ago: 9_000)])
    try await onStage(scenario) { stage in
      let download = try stage.start("models", "download", "run_a", "--to", "models")
      let peak = Locked(0)
      await withTaskGroup(of: Void.self) { group in
        let process = download.processID
        group.addTask { try? await watchDownload(stage) { note(process, peak) } }
        group.addTask { try? await watchUnpacking(stage) { note(process, peak) } }
        _ = try? await download.end()
        group.cancelAll()
      }
      let end = try await download.end()
      #expect(end.code == 0, "\(end.errors)")
      let weights = stage.path("models/run_a/model_full/model.safetensors")
      let size = try FileManager.default.attributesOfItem(atPath: weights)[.size] as? UInt64
      #expect(try #require(size) > Self.size)
      print("peak of a download of a gigabyte: \(peak.withLock(\.self)) kB")
      #expect(peak.withLock(\.self) > 5_000)
      // Eight connections with their buffers, one block of the archive, and the program itself.
      #expect(peak.withLock(\.self) < 64_000)
    }
  }

  private func watchDownload(_ stage: Stage, _ look: () -> Void) async throws {
    for count in 1...10_000 {
      try await stage.simulator.requestCount(.file, atLeast: count)
      look()
    }
  }

  private func watchUnpacking(_ stage: Stage, _ look: () -> Void) async throws {
    let work = stage.path("models/.run_a.vi-notify")
    for (path, name) in [
      (stage.directory, "models"), (stage.path("models"), ".run_a.vi-notify"), (work, "unpacked"),
      ("\(work)/unpacked", "model_full"),
    ] { try await DirectoryWatch.waits(for: name, in: path) }
    var events = 0
    for await _ in try DirectoryWatch("\(work)/unpacked/model_full").names {
      events += 1
      if events.isMultiple(of: 64) { look() }
    }
  }

  /// `VmHWM`, in kB: the most that was ever resident.
  private func note(_ process: pid_t, _ peak: Locked<Int>) {
    guard let status = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return }
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let value = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    peak.withLock { $0 = max($0, value) }
  }
}
