import FoundationEssentials
import Locking
import Logging
import Rules
import Runs
import Secrets
import Storage
import Stores
import Transport
import ViAPI
import Watching

/// A watcher of a list, with a real state in a directory that goes with it, on a clock that only moves by hand.
final class WatchedList: Sendable {
  static let secretKey = "dtvi_bench"

  let watcher: Watcher
  let store: any StateStore
  private let clock: Locked<Timestamp>
  private let directory: ScratchFolder

  /// - Parameters:
  ///   - fullSweep: between two readings of the whole list; zero: always.
  ///   - rules: JSON, what stands in `rules` of a rules file with one destination `sink`.
  init(
    _ source: some RunSource, fullSweep: Duration,
    rules: String = #"{"name": "ends", "actions": [{"send": "sink"}]}"#
  ) throws {
    directory = try ScratchFolder()
    store = try StateStores.open(directory.path + "/state.sqlite", for: .watching)
    let clock = Locked(TimeSource.system.now())
    self.clock = clock
    let text = """
      {"version": 1, "destinations": {"sink": {"type": "webhook", "url": "http://127.0.0.1:1/"}}, "rules": [\(rules)]}
      """
    let (file, diagnostics) = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:]))
    guard let file else { giveUp("the rules of the bench: \(diagnostics.count) mistakes") }
    var settings = file.watch
    settings.fullSweep = fullSweep
    watcher = Watcher(
      source: source, store: store, rules: try RuleSet(file), settings: settings,
      time: TimeSource(
        now: { clock.withLock { $0 } }, uptime: { .milliseconds(clock.withLock { $0.milliseconds }) },
        sleep: { try await Task.sleep(for: $0) }),
      log: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
  }

  deinit {
    store.close()
  }

  /// A client of a server of this bench.
  static func client(_ runs: RunListProcess, _ http: HTTPClient) -> ViClient {
    ViClient(
      endpoint: runs.endpoint, organization: RunListing.organization, secretKey: Secret(secretKey), http: http,
      time: .system)
  }

  /// Sweeps once, `elapsed` after the last time.
  @discardableResult
  @concurrent func sweep(after elapsed: Duration = .seconds(30)) async throws -> Watcher.Report {
    clock.withLock { $0 = $0 + elapsed }
    return try await watcher.sweep()
  }
}

/// A directory of its own, gone when this object is.
final class ScratchFolder: Sendable {
  let path: String

  /// - Parameter directory: nil: where temporary files go.
  init(in directory: String? = nil) throws {
    path = (directory ?? FileManager.default.temporaryDirectory.path) + "/vi-notify-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
