import FoundationEssentials
import Glibc
import Locking
import Runs
import Secrets
import Simulator
import TestSupport
import Transport
import ViAPI

@testable import Models

/// A simulated API with one run that has succeeded, a place for its model, and what downloads it.
struct ModelsKit {
  static let run = "run_a"

  let simulator: Simulator
  let client: ViClient
  let scratch: ScratchDirectory
  let clock: Locked<Int64>
  /// What the downloader has waited for.
  let naps: Locked<[Duration]>
  var downloader: ModelDownloader

  /// Where models go; not there yet.
  var directory: String { scratch.path + "/models" }
  var folder: String { "\(directory)/\(Self.run)" }

  /// What stands in the directory, hidden names too.
  var entries: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted() }

  var fileRequests: [ReceivedRequest] { simulator.requests.filter { $0.kind == .file }.map(\.request) }
  var outputRequests: Int { simulator.requestCount(.outputs) }

  func download(
    _ checkpoint: String? = nil, to directory: String? = nil,
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws(DownloadError) -> DownloadedModel {
    try await downloader.download(
      run: Self.run, checkpoint: checkpoint, to: directory ?? self.directory, onProgress: onProgress)
  }

  /// What a download ends in when it fails.
  func failure(
    _ checkpoint: String? = nil, to directory: String? = nil,
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async -> DownloadError? {
    do throws(DownloadError) {
      _ = try await download(checkpoint, to: directory, onProgress: onProgress)
      return nil
    } catch {
      return error
    }
  }

  /// The archive that the simulator gives of a model.
  func archive(epoch: Int = 30, size: Int, _ files: ModelFiles = ModelFiles()) -> Archive {
    Archive(runID: Self.run, flow: "detector", epoch: epoch, size: size, files: files)
  }

  /// Whether the files in the folder are those of the archive, byte for byte.
  func holds(_ archive: Archive, _ names: [String] = ["run.json", "model.safetensors"]) throws -> Bool {
    let bytes = archive.bytes(in: 0..<archive.count)
    return try names.allSatisfy { name in
      let file = try Data(contentsOf: URL(filePath: "\(folder)/model_full/\(name)"))
      return try content(of: "model_full/\(name)", in: bytes).elementsEqual(file)
    }
  }
}

struct NotThere: Error {}

/// A file out of a plain tar.
func content(of name: String, in tar: [UInt8]) throws -> ArraySlice<UInt8> {
  var place = 0
  while place + 512 <= tar.count, tar[place] != 0 {
    let size = tar[(place + 124)..<(place + 135)].reduce(0) { $0 * 8 + Int($1 - 0x30) }
    let found = String(decoding: tar[place..<place + 100].prefix { $0 != 0 }, as: UTF8.self)
    if found == name { return tar[(place + 512)..<(place + 512 + size)] }
    place += 512 + (size + 511) / 512 * 512
  }
  throw NotThere()
}

/// Runs `body` with a kit of its own, small pieces and naps that take no time.
func withModels(
  _ files: ModelFiles = ModelFiles(), size: Int = 300_000, faults: [Fault] = [], archive: [UInt8]? = nil,
  settings: DownloadSettings = .small, _ body: (ModelsKit) async throws -> Void
) async throws {
  var run = ScriptedRun(
    ModelsKit.run, created: -9_000, life: [.init(at: -8_000, .running), .init(at: -1_000, .succeeded)])
  run.archive = archive
  let clock = Locked<Int64>(1_766_000_000_000)
  let simulator = Simulator(
    scenario: Scenario(modelSize: size, models: files, runs: [run], faults: faults), now: { clock.withLock { $0 } })
  try await simulator.start()
  let http = HTTPClient(.init(proxy: .none))
  let storage = HTTPClient(.init(proxy: .none))
  let naps = Locked<[Duration]>([])
  let time = TimeSource(
    now: { Timestamp(milliseconds: clock.withLock { $0 }) },
    uptime: { .milliseconds(clock.withLock { $0 }) },
    sleep: { nap in
      naps.withLock { $0.append(nap) }
      try Task.checkCancellation()
    })
  let client = ViClient(
    endpoint: simulator.endpoint, organization: Scenario.defaultOrganization,
    secretKey: Secret(Scenario.defaultSecretKey),
    http: http, time: time)
  var downloader = ModelDownloader(client: client, http: storage, time: time)
  downloader.settings = settings
  let result = await Result {
    try await body(
      ModelsKit(
        simulator: simulator, client: client, scratch: ScratchDirectory(), clock: clock, naps: naps,
        downloader: downloader))
  }
  await storage.close()
  await http.close()
  await simulator.stop()
  try result.get()
}

extension Result where Failure == any Error {
  fileprivate init(_ work: () async throws -> Success) async {
    do {
      self = .success(try await work())
    } catch {
      self = .failure(error)
    }
  }
}

extension DownloadSettings {
  /// As for gigabytes, but for a few hundred kB.
  static var small: DownloadSettings {
    var settings = DownloadSettings()
    settings.pieceSizes = 32_768...32_768
    settings.syncInterval = 65_536
    settings.connections = 3
    return settings
  }
}

extension ModelsKit {
  /// What the storage was asked for, in order.
  func ranges() throws -> [Range<Int>] {
    try fileRequests.filter { $0.method == "GET" }.map { request in
      let ends = (request.headers["range"] ?? "").dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
      guard ends.count == 2 else { throw NotThere() }
      return ends[0]..<ends[1] + 1
    }
  }
}

/// Bytes from which a test wants something to happen, once.
final class Threshold: Sendable {
  private let isPassed = Locked(false)
  private let bytes: Int64

  init(_ bytes: Int64) { self.bytes = bytes }

  func passes(_ progress: DownloadProgress) -> Bool {
    guard progress.stage == .downloading, progress.bytes >= bytes else { return false }
    return isPassed.withLock { isPassed in
      defer { isPassed = true }
      return !isPassed
    }
  }
}

func allocatedBytes(_ path: String) throws -> Int { Int(try status(path).st_blocks) * 512 }

func mode(_ path: String) throws -> mode_t { try status(path).st_mode }

private func status(_ path: String) throws -> stat {
  var status = stat()
  guard stat(path, &status) == 0 else { throw NotThere() }
  return status
}
