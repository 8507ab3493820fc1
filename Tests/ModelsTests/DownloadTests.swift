import FoundationEssentials
import Locking
import Runs
import Simulator
import TestSupport
import Testing
import ViAPI

@testable import Models

@Suite(.timeLimit(.minutes(6)))
struct DownloadTests {
  @Test func `a model is put in its place, byte for byte, and nothing else stays behind`() async throws {
    try await withModels { kit in
      let model = try await kit.download()
      #expect(model.path == kit.folder)
      #expect(!model.wasThere)
      #expect(try kit.holds(kit.archive(size: 300_000)))
      #expect(kit.entries == [ModelsKit.run])
      #expect(ModelFolder.checkpoint(of: kit.folder) == "ckpt_30")
      #expect(model.bytes == treeBytes(kit.folder))
      #expect(model.bytes > 300_000)
    }
  }

  @Test func `every byte is asked for once, in pieces side by side`() async throws {
    try await withModels { kit in
      _ = try await kit.download()
      let count = kit.archive(size: 300_000).count
      let ranges = try kit.ranges()
      #expect(ranges.first == 0..<1)
      #expect(
        ranges.dropFirst().sorted { $0.lowerBound < $1.lowerBound }.map(\.lowerBound)
          == Array(stride(from: 0, to: count, by: 32_768)))
      #expect(ranges.dropFirst().reduce(0) { $0 + $1.count } == count)
    }
  }

  @Test func `whoever gives the link's files gets no credentials, and no word of the organization in a header`()
    async throws
  {
    try await withModels { kit in
      _ = try await kit.download()
      #expect(!kit.fileRequests.isEmpty)
      for request in kit.fileRequests {
        #expect(request.headers["authorization"] == nil)
        #expect(request.headers["organization-id"] == nil)
        #expect(request.headers["accept-encoding"] == "identity")
      }
    }
  }

  @Test(arguments: [
    ModelFiles(shards: 3, hasAdapter: true), ModelFiles(isGzip: true), ModelFiles(checksum: .none),
    ModelFiles(givesRanges: false), ModelFiles(isGzip: true, givesRanges: false),
  ]) func `whatever the archive is made of and comes from, the model is whole`(_ files: ModelFiles) async throws {
    try await withModels(files) { kit in
      _ = try await kit.download()
      var plain = files
      plain.isGzip = false
      let weights = files.shards == 1 ? ["model.safetensors"] : (1...3).map { "model-0000\($0)-of-00003.safetensors" }
      #expect(try kit.holds(kit.archive(size: 300_000, plain), ["run.json"] + weights))
      let adapter = "\(kit.folder)/model_adapter/adapter_config.json"
      #expect(FileManager.default.fileExists(atPath: adapter) == files.hasAdapter)
      #expect(kit.entries == [ModelsKit.run])
    }
  }

  @Test func `a model that is there is found without asking anybody`() async throws {
    try await withModels { kit in
      let first = try await kit.download()
      let requests = kit.simulator.requestCount()
      let second = try await kit.download()
      #expect(second == DownloadedModel(path: first.path, bytes: first.bytes, wasThere: true))
      _ = try await kit.download("ckpt_30")
      #expect(kit.simulator.requestCount() == requests)
    }
  }

  @Test func `another checkpoint takes the place of the one that is there`() async throws {
    try await withModels { kit in
      _ = try await kit.download()
      let model = try await kit.download("ckpt_10")
      #expect(!model.wasThere)
      #expect(try kit.holds(kit.archive(epoch: 10, size: 300_000)))
      #expect(ModelFolder.checkpoint(of: kit.folder) == "ckpt_10")
      #expect(kit.entries == [ModelsKit.run])
    }
  }

  @Test func `a model of which nobody knows the checkpoint is taken for any, but not for a certain one`() async throws {
    try await withModels { kit in
      _ = try await kit.download("ckpt_20")
      try FileManager.default.removeItem(atPath: "\(kit.folder)/\(ModelFolder.markerName)")
      #expect(try await kit.download().wasThere)
      #expect(try await !kit.download("ckpt_20").wasThere)
    }
  }

  @Test func `what the SDK has left unfinished is replaced by the whole`() async throws {
    try await withModels { kit in
      let half = "\(kit.folder)/model_full"
      try FileManager.default.createDirectory(atPath: half, withIntermediateDirectories: true)
      try Data("half".utf8).write(to: URL(filePath: "\(half)/model.safetensors"))
      try Data("half".utf8).write(to: URL(filePath: "\(kit.folder)/.download_temp.tar"))
      _ = try await kit.download()
      #expect(try kit.holds(kit.archive(size: 300_000)))
      #expect(!FileManager.default.fileExists(atPath: "\(kit.folder)/.download_temp.tar"))
    }
  }

  @Test func `progress goes from nothing to all, stage by stage`() async throws {
    try await withModels { kit in
      let seen = Locked<[DownloadProgress]>([])
      _ = try await kit.download { progress in seen.withLock { $0.append(progress) } }
      let all = seen.withLock(\.self)
      let stages = all.map(\.stage).reduce(into: [DownloadProgress.Stage]()) { if $0.last != $1 { $0.append($1) } }
      #expect(stages == [.asking, .downloading, .unpacking, .verifying])
      let total = Int64(kit.archive(size: 300_000).count)
      let downloading = all.filter { $0.stage == .downloading }
      #expect(downloading.first == DownloadProgress(.downloading, bytes: 0, total: total))
      #expect(downloading.map(\.bytes).max() == total)
      #expect(all.last == DownloadProgress(.verifying, bytes: total, total: total))
    }
  }
}

@Suite(.timeLimit(.minutes(6)))
struct NoDownloadTests {
  @Test func `a model that is not exported yet is not ready, and nothing is left behind`() async throws {
    try await withModels(ModelFiles(exportDelay: 60_000)) { kit in
      let error = try #require(await kit.failure())
      #expect(error.isNotReady)
      #expect(error.isTemporary)
      #expect(kit.entries == [])
      kit.clock.withLock { $0 += 60_000 }
      #expect(try await !kit.download().wasThere)
    }
  }

  @Test func `what is not there is told apart`() async throws {
    try await withModels { kit in
      #expect(await kit.failure("ckpt_99")?.description == "run run_a has no model ckpt_99")
      #expect(await kit.failure("../x")?.description == "run run_a has no model ../x")
      kit.simulator.delete(ModelsKit.run)
      #expect(await kit.failure()?.description == "there is no run run_a")
      #expect(kit.entries == [])
    }
  }

  @Test func `two do not write the same model at once`() async throws {
    try await withModels { kit in
      try makeDirectories(kit.directory)
      let path = WorkFolder.path(of: ModelsKit.run, nil, in: kit.directory)
      do {
        let held = try WorkFolder(path)
        #expect(await kit.failure()?.description == "another process downloads the same model to \(path)")
        #expect(await kit.failure()?.isTemporary == true)
        // Another checkpoint is made elsewhere, and put into the same place.
        _ = try await kit.download("ckpt_10")
        withExtendedLifetime(held) {}
      }
      #expect(kit.entries == [".\(ModelsKit.run).vi-notify", ModelsKit.run])
      #expect(try await kit.download().wasThere)
      #expect(kit.entries == [ModelsKit.run])
    }
  }

  @Test func `a place that can't be written to is named`() async throws {
    try await withModels { kit in
      try Data().write(to: URL(filePath: "\(kit.scratch.path)/file"))
      guard case .disk(let path, _) = await kit.failure(to: "\(kit.scratch.path)/file/models") else {
        Issue.record("no disk error")
        return
      }
      #expect(path.hasPrefix("\(kit.scratch.path)/file"))
      #expect(kit.simulator.requestCount() == 0)
    }
  }

  @Test func `no text of an error has the link in it`() async throws {
    let refused = Fault(on: .file, .status(403, body: "<Error><Code>SignatureDoesNotMatch</Code></Error>", times: nil))
    try await withModels(faults: [refused]) { kit in
      let error = try #require(await kit.failure())
      #expect("\(error)" == "the download was refused (403 SignatureDoesNotMatch)")
      let link = try #require(try await kit.client.outputs(of: ModelsKit.run, contents: true).last?.downloadURL)
      #expect("\(link)" == "•••")
      #expect(!"\(error) \(error.advice) \(String(reflecting: error))".contains("X-Goog"))
    }
  }
}
