import FoundationEssentials
import Glibc
import Models
import Runs
import Secrets
import Transport
import ViAPI

/// What a model costs from the first request to its folder: ours beside the vendor SDK's own downloader, where
/// `VI_SDK_PYTHON` names a python that has it, else beside curl and tar; all from the same server, in turns.
enum ModelBenchmarks {
  private static let rounds = 5

  /// - Parameter directory: where models go; what it stands on decides the figures.
  static func run(megabytes: Int, directory: String?) throws {
    let server = try ChildProcess(benchWith: ["serve-model", "\(megabytes)"])
    let endpoint = "http://127.0.0.1:\(try server.readPort())"
    let scratch = try ScratchFolder(in: directory)
    let other = otherDownloader()
    var (ours, theirs): ([DownloadCost], [DownloadCost]) = ([], [])
    for round in 0..<rounds {
      let folder = "\(scratch.path)/\(round)"
      ours.append(
        try cost("/proc/self/exe", ["vi-notify-bench", "download-model", endpoint, folder], folder, endpoint))
      theirs.append(try cost(other.program, [other.program] + other.arguments(endpoint, folder), folder, endpoint))
    }
    report(other.name, theirs, megabytes, beside: nil)
    report("ours", ours, megabytes, beside: theirs)
  }

  /// What `vi-notify-bench download-model ENDPOINT DIRECTORY` does: one download, and a line with what it took.
  static func download(endpoint: String, directory: String) async throws {
    let (http, storage) = (HTTPClient(.init(proxy: .none)), HTTPClient(.init(proxy: .none)))
    let client = ViClient(
      endpoint: endpoint, organization: ModelServer.organization, secretKey: Secret("dtvi_bench"), http: http,
      time: .system)
    let watch = Stopwatch()
    let downloader = ModelDownloader(client: client, http: storage, time: .system)
    _ = try await downloader.download(run: ModelServer.run, checkpoint: nil, to: directory, onProgress: { _ in })
    print("\(watch.wallSeconds) \(watch.cpuSeconds) \(peakMegabytes)")
    fflush(nil)
  }

  /// `VmHWM`; what getrusage says was also that of the parent until the program was loaded.
  private static var peakMegabytes: Double {
    let status =
      FileManager.default.contents(atPath: "/proc/self/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1_000
  }

  private static func cost(
    _ program: String, _ arguments: [String], _ folder: String, _ endpoint: String
  ) throws -> DownloadCost {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = try ChildProcess(
      program, arguments,
      environment: [
        "PATH=/usr/bin:/bin", "HOME=\(folder)-home", "DATATURE_VI_API_ENDPOINT=\(endpoint)",
        "DATATURE_VI_SECRET_KEY=dtvi_\(String(repeating: "b", count: 98))",
        "DATATURE_VI_ORGANIZATION_ID=\(ModelServer.organization)",
      ], isQuiet: true)
    let numbers = (process.readLine() ?? "").split(separator: " ").compactMap { Double($0) }
    try? FileManager.default.removeItem(atPath: folder + "-home")
    guard numbers.count == 3 else { giveUp("\(arguments[0]) downloads nothing") }
    return DownloadCost(wall: numbers[0], cpu: numbers[1], peak: numbers[2])
  }

  private static func report(_ name: String, _ costs: [DownloadCost], _ megabytes: Int, beside others: [DownloadCost]?)
  {
    let (size, mine) = (Double(megabytes), DownloadCost(medianOf: costs))
    let other = others.map { DownloadCost(medianOf: $0) }
    printFigure("models_\(name)_speed", size / mine.wall, "MB/s", ratio: other.map { $0.wall / mine.wall })
    printFigure("models_\(name)_cpu", mine.cpu / size * 1_000, "s/GB", ratio: other.map { mine.cpu / $0.cpu })
    printFigure("models_\(name)_peak", mine.peak, "MB", ratio: other.map { mine.peak / $0.peak })
  }
}

/// Seconds, and MB of memory.
struct DownloadCost {
  let wall: Double
  let cpu: Double
  let peak: Double

  init(wall: Double, cpu: Double, peak: Double) {
    self.wall = wall
    self.cpu = cpu
    self.peak = peak
  }

  init(medianOf costs: [DownloadCost]) {
    func median(_ value: (DownloadCost) -> Double) -> Double { costs.map(value).sorted()[costs.count / 2] }
    self.init(wall: median(\.wall), cpu: median(\.cpu), peak: median(\.peak))
  }
}
