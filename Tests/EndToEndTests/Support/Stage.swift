import FoundationEssentials
import Glibc
import JSONSource
import Locking
import Simulator
import TestSupport

enum Binary {
  /// SwiftPM puts the products of a build beside the test runner.
  static let path: String = {
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return runner.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/vi-notify"
  }()
}

/// What one test has to itself: a fresh directory, a simulated Vi with its inbox, and processes in that directory.
final class Stage: Sendable {
  let simulator: Simulator
  let directory: String
  /// Everything that a process gets; nothing of the test runner's own environment but PATH.
  let environment: [String: String]
  private let started = Locked<[RunningBinary]>([])

  fileprivate init(_ simulator: Simulator, _ scenario: Scenario, directory: String, extra: [String: String]) {
    self.simulator = simulator
    self.directory = directory
    environment = [
      "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "HOME": directory, "TMPDIR": directory,
      "LANG": "C.UTF-8", "DATATURE_VI_API_ENDPOINT": simulator.endpoint,
      "DATATURE_VI_SECRET_KEY": scenario.secretKey, "DATATURE_VI_ORGANIZATION_ID": scenario.organization,
    ].merging(extra) { $1 }
  }

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  /// `ENDPOINT` in the text becomes the simulator's address.
  func write(_ text: String, to name: String = "rules.json", mode: mode_t = 0o644) throws {
    try write(bytes: Array(text.replacing("ENDPOINT", with: simulator.endpoint).utf8), to: name)
    chmod(path(name), mode)
  }

  func write(bytes: [UInt8], to name: String = "rules.json") throws {
    try whileNobodySpawns { try Data(bytes).write(to: URL(filePath: path(name))) }
  }

  /// Nil when there is no such file.
  func read(_ name: String) -> String? {
    FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  func bytes(_ name: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path(name)) else {
      throw NotThere(description: "there is no file \(name)")
    }
    return Array(data)
  }

  /// Of a directory below the stage's own.
  func files(_ name: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(name))
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: path(target))
  }

  func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: false)
  }

  func start(_ arguments: String..., with extra: [String: String] = [:]) throws -> RunningBinary {
    try start(arguments, environment.merging(extra) { $1 })
  }

  func start(arguments: [String], with extra: [String: String] = [:]) throws -> RunningBinary {
    try start(arguments, environment.merging(extra) { $1 })
  }

  func run(_ arguments: String..., with extra: [String: String] = [:]) async throws -> End {
    try await run(arguments: arguments, with: extra)
  }

  func run(
    arguments: [String], without missing: Set<String> = [], with extra: [String: String] = [:]
  ) async throws -> End {
    try await start(arguments, environment.filter { !missing.contains($0.key) }.merging(extra) { $1 }).end()
  }

  /// A script of the shell, which gets `words` as `$0`, `$1` and so on: for what a command reads from its stdin.
  func shell(_ script: String, _ words: [String], with extra: [String: String] = [:]) async throws -> End {
    try await startShell(script, words, with: extra).end()
  }

  func startShell(_ script: String, _ words: [String], with extra: [String: String] = [:]) throws -> RunningBinary {
    let process = try RunningBinary(
      "/bin/sh", ["-c", script] + words, environment: environment.merging(extra) { $1 }, directory: directory)
    started.withLock { $0.append(process) }
    return process
  }

  private func start(_ arguments: [String], _ environment: [String: String]) throws -> RunningBinary {
    let process = try RunningBinary(Binary.path, arguments, environment: environment, directory: directory)
    started.withLock { $0.append(process) }
    return process
  }

  fileprivate func clear() async {
    for process in started.withLock({ $0 }) { process.send(SIGKILL) }
    await simulator.stop()
  }
}

/// Plays `body` on a stage of its own, and leaves nothing of it behind.
///
/// - Parameter simulator: of this scenario, for those who look at what it does; by default one that is made here.
func onStage(
  _ scenario: Scenario = Scenario(), simulator: @autoclosure () -> Simulator? = nil,
  environment: [String: String] = [:],
  _ body: (Stage) async throws -> Void
) async throws {
  await StageDoor.shared.enter()
  defer { StageDoor.shared.leave() }
  let scratch = try ScratchDirectory()
  // Its clock begins here, and not while others had their turn.
  let simulator = simulator() ?? Simulator(scenario: scenario)
  try await simulator.start()
  let stage = Stage(simulator, scenario, directory: scratch.path, extra: environment)
  do {
    try await body(stage)
  } catch {
    await stage.clear()
    throw error
  }
  await stage.clear()
  _ = consume scratch
}
