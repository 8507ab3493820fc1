import Glibc
import JSONSource
import Testing

@testable import Simulator

@Suite struct ArchiveTests {
  private let now = ManualClock.start
  private let done = ScriptedRun(
    "run_a", created: -9_000, life: [.init(at: -8_000, .running), .init(at: -1_000, .succeeded)])

  private func world(modelSize: Int = 5_000) -> World {
    World(Scenario(modelSize: modelSize, runs: [done]), start: now)
  }

  /// Path and query of the signed address of the latest model.
  private func signed(_ world: inout World) throws -> String {
    let page = world.answer(.api("runs/run_a/outputs?intent=sdkLocalDeploy&contents=y"), at: now).json
    let address = try #require(page["items"]?.elements?.last?["status"]?["contents"]?["downloadUrl"])
    #expect(address["expiresAt"]?.integer == now + 900_000)
    let url = try #require(address["url"]?.string)
    #expect(url.hasPrefix("http://vi.test/files/demo-org/run_a/ckpt_30.tar?"))
    return String(url.dropFirst("http://vi.test".count))
  }

  private func fetch(_ target: String, _ headers: [String: String] = [:]) -> ReceivedRequest {
    ReceivedRequest(time: 0, method: "GET", target: target, headers: headers)
  }

  @Test func `tar unpacks the archive into the SDK's layout`() throws {
    let archive = Archive(runID: "run_a", flow: "detector", epoch: 30, size: 5_000)
    try withTemporaryDirectory { directory in
      let file = try #require(fopen("\(directory)/model.tar", "w"))
      let bytes = archive.bytes(in: 0..<archive.count)
      #expect(fwrite(bytes, 1, bytes.count, file) == archive.count)
      fclose(file)
      let names = shell("cd \(directory) && tar -xvf model.tar 2>&1")
      #expect(names == "model_full/\nmodel_full/run.json\nmodel_full/model.safetensors\n")
      let config = try JSONDocument(parsing: Array(#require(shell("cat \(directory)/model_full/run.json")).utf8))
      #expect(config.root["runId"]?.string == "run_a")
      let size = shell("stat -c %s \(directory)/model_full/model.safetensors").flatMap { Int($0.dropLast()) }
      let head = shell("head -c 8 \(directory)/model_full/model.safetensors | od -An -tu8 | tr -d ' \\n'").flatMap(
        Int.init)
      #expect(try #require(size) == 8 + #require(head) + 5_000)
    }
  }

  @Test func `tar and gzip unpack shards, their index and the adapter`() throws {
    let files = ModelFiles(shards: 3, hasAdapter: true, isGzip: true)
    let archive = Archive(runID: "run_a", flow: "f", epoch: 30, size: 200_000, files: files)
    try withTemporaryDirectory { directory in
      let file = try #require(fopen("\(directory)/model.tar.gz", "w"))
      let bytes = archive.bytes(in: 0..<archive.count)
      #expect(fwrite(bytes, 1, bytes.count, file) == archive.count)
      fclose(file)
      #expect(shell("cd \(directory) && gzip -t model.tar.gz && tar -xzf model.tar.gz && echo well") == "well\n")
      let index = try #require(shell("cat \(directory)/model_full/model.safetensors.index.json"))
      let shards = try JSONDocument(parsing: Array(index.utf8)).root["weight_map"]?.members?.compactMap(\.value.string)
      #expect(shards == (1...3).map { "model-0000\($0)-of-00003.safetensors" })
      for shard in shards ?? [] {
        #expect(shell("test -s \(directory)/model_full/\(shard) && echo there") == "there\n")
      }
      let adapter = "\(directory)/model_adapter/adapter_config.json"
      #expect(shell("cat \(adapter)") == #"{"peft_type":"LORA"}"#)
    }
  }

  @Test func `the checksum in the header is that of the whole archive, also beside a part of it`() throws {
    var world = world()
    let target = try signed(&world)
    let archive = Archive(runID: "run_a", flow: "detector", epoch: 30, size: 5_000)
    let header = "crc32c=\(Archive.googleHash(archive.crc32c))"
    #expect(world.answer(fetch(target), at: now).headers["x-goog-hash"] == header)
    #expect(world.answer(fetch(target, ["Range": "bytes=0-9"]), at: now).headers["x-goog-hash"] == header)
  }

  @Test func `models are exported, links run out and ranges are given as the scenario says`() throws {
    let files = ModelFiles(exportDelay: 2_000, linkLifetime: 500, givesRanges: false, checksum: .none)
    var world = World(Scenario(modelSize: 5_000, models: files, runs: [done]), start: now)
    func link(at time: Int64) throws -> JSONNode? {
      let page = world.answer(.api("runs/run_a/outputs?contents=y"), at: time).json
      return try #require(page["items"]?.elements?.last?["status"])["contents"]?["downloadUrl"]
    }
    #expect(try link(at: now) == nil)
    let address = try #require(try link(at: now + 1_000))
    #expect(address["expiresAt"]?.integer == now + 1_500)
    let target = String(try #require(address["url"]?.string).dropFirst("http://vi.test".count))
    let answer = world.answer(fetch(target, ["Range": "bytes=0-9"]), at: now + 1_000)
    #expect(answer.status == 200)
    #expect(answer.headers["x-goog-hash"] == nil)
    #expect(world.answer(fetch(target), at: now + 1_500).status == 400)
  }

  @Test(arguments: [4, 508, 512, 516, 100_000])
  func `an archive of any size is whole blocks and its parts fit together`(size: Int) {
    let archive = Archive(runID: "run_a", flow: "f", epoch: 10, size: size)
    #expect(archive.count.isMultiple(of: 512))
    let whole = archive.bytes(in: 0..<archive.count)
    #expect(whole.count == archive.count)
    let parts = stride(from: 0, to: archive.count, by: 333).flatMap { archive.bytes(in: $0..<$0 + 333) }
    #expect(parts == whole)
    #expect(whole.suffix(1_024).allSatisfy { $0 == 0 })
  }

  @Test func `models come in pages with the latest last`() {
    var world = world()
    let first = world.answer(.api("runs/run_a/outputs?intent=sdkLocalDeploy&s=2"), at: now).json
    #expect(first["items"]?.elements?.compactMap { $0["spec"]?["epoch"]?.integer } == [10, 20])
    #expect(first["items"]?.elements?.first?["status"]?["contents"] == nil)
    let token = first["nextPage"]?.string ?? ""
    let second = world.answer(.api("runs/run_a/outputs?intent=sdkLocalDeploy?p=\(encoded(token))&s=2"), at: now).json
    #expect(second["items"]?.elements?.compactMap { $0["runOutputId"]?.string } == ["ckpt_30"])
    #expect(second.present("nextPage") == nil)
  }

  @Test func `one checkpoint is a page too and an unknown one is not found`() {
    var world = world()
    let page = world.answer(.api("runs/run_a/outputs/ckpt_20?contents=y"), at: now).json
    #expect(page["items"]?.elements?.compactMap { $0["runOutputId"]?.string } == ["ckpt_20"])
    #expect(world.answer(.api("runs/run_a/outputs/ckpt_21"), at: now).status == 404)
  }

  @Test func `a run that has not succeeded has nothing to download`() {
    var world = world()
    let running = world.answer(.api("runs/run_a/outputs?contents=y"), at: now - 5_000).json["items"]?.elements
    #expect(running?.count == 1)
    #expect(running?.first?["status"]?["contents"] == nil)
    #expect(world.answer(.api("runs/run_a/outputs?contents=y"), at: now - 8_500).json["items"]?.elements?.count == 0)
  }

  @Test func `a signed address needs no key and refuses one`() throws {
    var world = world()
    let target = try signed(&world)
    #expect(world.answer(fetch(target), at: now).status == 200)
    #expect(world.answer(fetch(target, ["Authorization": "Bearer x"]), at: now).status == 400)
    #expect(world.answer(fetch(target + "0"), at: now).status == 403)
    #expect(world.answer(fetch(target.replacing("ckpt_30", with: "ckpt_20")), at: now).status == 403)
    #expect(world.answer(fetch(target), at: now + 900_000).status == 400)
  }

  @Test(arguments: [
    ("bytes=0-99", 0..<100), ("bytes=100-", 100..<1_000), ("bytes=-10", 990..<1_000), ("bytes=990-5000", 990..<1_000),
    ("bytes=1000-", nil), ("bytes=5-4", nil), ("bytes=-0", nil), ("lines=1-2", nil), ("bytes=x-", nil),
  ])
  func `a range of bytes is read as HTTP means it`(text: String, expected: Range<Int>?) {
    #expect(World.byteRange(text, of: 1_000) == expected)
  }

  @Test func `a range is answered with 206 and one beyond the end with 416`() throws {
    var world = world()
    let target = try signed(&world)
    let count = world.answer(fetch(target), at: now).body.count
    let part = world.answer(fetch(target, ["Range": "bytes=512-1023"]), at: now)
    #expect(part.status == 206 && part.body.count == 512)
    #expect(part.headers["Content-Range"] == "bytes 512-1023/\(count)")
    #expect(world.answer(fetch(target, ["Range": "bytes=\(count)-"]), at: now).status == 416)
  }
}
