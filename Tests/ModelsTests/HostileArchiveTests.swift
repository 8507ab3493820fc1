import FoundationEssentials
import Simulator
import TestSupport
import Testing

@testable import Models

/// An archive that must not be unpacked, and what is said of it.
struct HostileArchive: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let error: String

  init(_ testDescription: String, _ entries: [UInt8], _ error: String, isWhole: Bool = true) {
    self.testDescription = testDescription
    self.error = error
    bytes = Self.model + entries + (isWhole ? Tar.end : [])
  }

  init(_ testDescription: String, only bytes: [UInt8], _ error: String) {
    self.testDescription = testDescription
    self.error = error
    self.bytes = bytes
  }

  /// What would be a model by itself.
  static let model =
    Tar.entry("model_full/", [], .directory) + Tar.entry("model_full/run.json", Array("{}".utf8))
    + Tar.entry("model_full/model.safetensors", Array("weights".utf8))

  private static let notAFile = "the archive contains an entry that is neither file nor directory: "
  private static let unsafe = "the archive contains an unsafe name: "
  private static let broken = "the archive is broken: "
  private static let noModel =
    "the archive doesn't contain a complete model: model_full/run.json or weights are missing"

  static let all: [HostileArchive] = [
    .init("a link out", Tar.entry("model_full/x", [], .symbolicLink, link: "/etc/passwd"), notAFile + "model_full/x"),
    .init("a link inside", Tar.entry("x", [], .symbolicLink, link: "model_full"), notAFile + "x"),
    .init(
      "a file through a link",
      Tar.entry("x", [], .symbolicLink, link: "/tmp") + Tar.entry("x/vi-notify-was-here", [1]), notAFile + "x"),
    .init("a hard link", Tar.entry("x", [], .hardLink, link: "model_full/run.json"), notAFile + "x"),
    .init("a hard link out", Tar.entry("x", [], .hardLink, link: "/etc/passwd"), notAFile + "x"),
    .init("a device", Tar.entry("x", [], .characterDevice), notAFile + "x"),
    .init("a pipe", Tar.entry("x", [], .pipe), notAFile + "x"),
    .init("an absolute name", Tar.entry("/tmp/vi-notify-was-here", [1]), unsafe + "/tmp/vi-notify-was-here"),
    .init("a name with ..", Tar.entry("model_full/../../outside", [1]), unsafe + "model_full/../../outside"),
    .init("a directory ..", Tar.entry("../", [], .directory), unsafe + "../"),
    .init("a name with a control character", Tar.entry("a\u{1B}[2Jb", [1]), unsafe + "a?[2Jb"),
    .init(
      "a deep name", Tar.entry(String(repeating: "a/", count: 40), [1]), unsafe + String(repeating: "a/", count: 40)),
    .init(
      "a file twice", Tar.entry("model_full/run.json", [1]), "the archive contains a file twice: model_full/run.json"),
    .init(
      "a file where a directory is", Tar.entry("model_full", [1]), "the archive contains a file twice: model_full"),
    .init(
      "a directory where a file is", Tar.entry("model_full/run.json/x", [1]),
      "the archive contains a file twice: run.json"
    ),
    .init("a file without a name", Tar.entry(".", [1]), notAFile + "."),
    .init(
      "cut off in a file", Tar.header("x", bytes: 5_000) + [1, 2, 3], broken + "Truncated tar archive", isWhole: false),
    .init("a file of petabytes", Tar.header("x", bytes: 1 << 33 - 1), "the archive unpacks to more than 4000000 bytes"),
    .init(
      "many entries", (0..<60).flatMap { Tar.entry("d\($0)/", [], .directory) }, "the archive has more than 50 entries"),
    .init("a bomb", only: Packed.bomb, "the archive unpacks to more than 4000000 bytes"),
    .init("no tar", only: Array("<html>not a model</html>".utf8), "the archive isn't a tar file"),
    .init(
      "chance", only: (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ $0 >> 3) }, "the archive isn't a tar file"
    ),
    .init("nothing", only: [], "the archive isn't a tar file"),
    .init("an empty tar", only: Tar.end, noModel),
    .init("no weights", only: Tar.entry("model_full/run.json", [1]) + Tar.end, noModel),
    .init("another folder", only: Tar.entry("run.json", [1]) + Tar.entry("model.safetensors", [1]) + Tar.end, noModel),
    .init("a shard too few", only: sharded(["a.safetensors", "b.safetensors"]), noModel),
    .init(
      "a shard elsewhere", only: sharded(["a.safetensors", "\(String(repeating: "../", count: 12))etc/passwd"]), noModel
    ),
  ]

  private static func sharded(_ shards: [String]) -> [UInt8] {
    let map = shards.enumerated().map { "\"w\($0.offset)\":\"\($0.element)\"" }.joined(separator: ",")
    return Tar.entry("model_full/run.json", [1]) + Tar.entry("model_full/a.safetensors", [1])
      + Tar.entry("model_full/model.safetensors.index.json", Array("{\"weight_map\":{\(map)}}".utf8)) + Tar.end
  }
}

@Suite(.timeLimit(.minutes(6)))
struct HostileArchiveTests {
  private var settings: DownloadSettings {
    var settings = DownloadSettings.small
    settings.unpackLimits = Unpacker.Limits(bytes: 4_000_000, entries: 50)
    return settings
  }

  @Test(arguments: HostileArchive.all) func `an archive that is no plain model is refused, and nothing of it stays`(
    _ hostile: HostileArchive
  ) async throws {
    try await withModels(archive: hostile.bytes, settings: settings) { kit in
      let error = try #require(await kit.failure())
      #expect("\(error)" == hostile.error)
      #expect(!error.isTemporary)
      #expect(kit.entries == [])
      #expect(try FileManager.default.contentsOfDirectory(atPath: kit.scratch.path) == ["models"])
      #expect(!FileManager.default.fileExists(atPath: "/tmp/vi-notify-was-here"))
    }
  }

  @Test(arguments: HostileArchive.all.prefix(12)) func `a model that is there stays when its replacement is refused`(
    _ hostile: HostileArchive
  ) async throws {
    try await withModels(settings: settings) { kit in
      _ = try await kit.download()
      kit.simulator.change(ModelsKit.run) { $0.archive = hostile.bytes }
      #expect(await kit.failure("ckpt_10") != nil)
      #expect(try kit.holds(kit.archive(size: 300_000)))
      #expect(kit.entries == [ModelsKit.run])
    }
  }

  @Test(arguments: [Packed.gzip, Packed.bzip2, Packed.xz, Packed.zstd])
  func `archives packed by other programs are unpacked`(_ bytes: [UInt8]) async throws {
    try await withModels(archive: bytes, settings: settings) { kit in
      _ = try await kit.download()
      let weights = try Data(contentsOf: URL(filePath: "\(kit.folder)/model_full/model.safetensors"))
      #expect(Array(weights) == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
    }
  }

  @Test(arguments: [Packed.sparseGNU, Packed.sparsePosix]) func `holes stay holes`(_ bytes: [UInt8]) async throws {
    try await withModels(archive: bytes, settings: settings) { kit in
      _ = try await kit.download()
      var expected = [UInt8](repeating: 0, count: 3 << 20)
      expected.replaceSubrange(0..<4, with: "head".utf8)
      expected.replaceSubrange(1 << 20..<(1 << 20 + 4), with: "tail".utf8)
      let path = "\(kit.folder)/model_full/model.safetensors"
      #expect(try Array(Data(contentsOf: URL(filePath: path))) == expected)
      #expect(try allocatedBytes(path) < 1 << 20)
    }
  }

  @Test func `an archive of many gzip members, cut off anywhere, makes no model`() async throws {
    let whole = Gzip.stored(HostileArchive.model + Tar.end)
    for length in stride(from: 0, to: HostileArchive.model.count - 500, by: 97) {
      try await withModels(ModelFiles(checksum: .none), archive: Array(whole[..<length]), settings: settings) { kit in
        #expect(await kit.failure() != nil, "cut at \(length)")
        #expect(kit.entries == [])
      }
    }
  }

  @Test func `names in UTF-8 are taken as they are, plain and in pax headers`() async throws {
    let record = "29 path=model_full/é雪.bin\n"
    #expect(record.utf8.count == 29)
    let archive =
      HostileArchive.model + Tar.entry("model_full/é", [1]) + Tar.entry("x", Array(record.utf8), .extended)
      + Tar.entry("model_full/other", [2]) + Tar.end
    try await withModels(archive: archive) { kit in
      _ = try await kit.download()
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(kit.folder)/model_full").sorted()
      #expect(names == ["model.safetensors", "run.json", "é", "é雪.bin"])
    }
  }

  @Test func `modes are those of plain files, whatever the archive says`() async throws {
    let archive = HostileArchive.model + Tar.entry("model_full/x", [1], mode: 0o6777) + Tar.end
    try await withModels(archive: archive) { kit in
      _ = try await kit.download()
      #expect(try mode("\(kit.folder)/model_full/x") & 0o7022 == 0)
      #expect(try mode("\(kit.folder)/model_full/x") & 0o100 != 0)
      #expect(try mode("\(kit.folder)/model_full/run.json") & 0o7111 == 0)
    }
  }

  @Test(arguments: [1, 2, 3]) func `bytes turned by chance make no model that is not the one that was sent`(
    seed: UInt64
  ) async throws {
    var chance = SeededGenerator(seed: seed)
    let whole = HostileArchive.model + Tar.end
    for _ in 0..<12 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &chance) {
        bytes[Int.random(in: 0..<bytes.count, using: &chance)] ^= UInt8.random(in: 1...255, using: &chance)
      }
      let archive = bytes
      try await withModels(archive: archive, settings: settings) { kit in
        let isThere = await kit.failure() == nil
        #expect(kit.entries == (isThere ? [ModelsKit.run] : []), "seed \(seed)")
        let around = try FileManager.default.contentsOfDirectory(atPath: kit.scratch.path)
        #expect(around == ["models"], "seed \(seed)")
      }
    }
  }

  @Test func `a damaged archive is thrown away, and may be well the next time`() async throws {
    try await withModels(ModelFiles(checksum: .wrong)) { kit in
      let error = await kit.failure()
      #expect(error?.description == "what was downloaded is damaged: its checksum doesn't match the server's")
      #expect(error?.isTemporary == true)
      #expect(kit.entries == [])
    }
  }

  @Test func `an archive that can't be unpacked because it came damaged is called damaged`() async throws {
    try await withModels(ModelFiles(checksum: .wrong), archive: Array("no tar".utf8)) { kit in
      #expect(
        await kit.failure()?.description == "what was downloaded is damaged: its checksum doesn't match the server's")
    }
  }
}
