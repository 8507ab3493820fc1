import ArgumentParser
import Daemon
import FoundationEssentials
import Glibc
import Rules
import Runs
import Secrets
import Simulator

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Show it at work: simulated runs, a webhook, a chat and a hook, in one process.",
    discussion: """
      Needs no account and no network, and takes about ten seconds. The exit status is 0 if everything expected arrived, \
      otherwise 1.

      EXAMPLE
        vi-notify demo
      """)

  func run() async throws {
    try await ending {
      // All traffic stays on this machine; a network's proxy would not find it.
      setenv("no_proxy", "127.0.0.1", 1)
      let directory = try makeDirectory()
      defer { try? FileManager.default.removeItem(atPath: directory) }
      let simulator = Simulator(scenario: try DemoScript.scenario())
      try await simulator.start()
      let expectations = try await play(simulator, directory)
      await simulator.stop()
      try report(expectations)
    }
  }

  private func makeDirectory() throws(Failure) -> String {
    let directory = FileManager.default.temporaryDirectory.path + "/vi-notify-demo-\(UUID().uuidString.prefix(8))"
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Failure(
        .stateUnusable, "the directory \(directory) can't be created: \(error); choose another place with TMPDIR")
    }
    return directory
  }

  private func play(_ simulator: Simulator, _ directory: String) async throws -> [DemoExpectation] {
    let console = Console.shared
    let rules = DemoScript.rules(endpoint: simulator.endpoint, directory: directory)
    console.say("A simulated Vi API runs at \(simulator.endpoint). These rules watch it:\n")
    for line in rules.split(separator: "\n", omittingEmptySubsequences: false) { console.say("  \(line)") }
    console.say("")
    let secrets = SecretSource(environment: DemoScript.environment)
    let check = Configuration.check(Array(rules.utf8), secrets: secrets)
    guard let configuration = check.configuration else {
      throw Failure(.badConfiguration, "the demo's own rules are wrong: \(check.diagnostics)")
    }
    let daemon = try await Daemon.prepare(
      configuration, settings: { $0.file.watch }, state: "\(directory)/state.sqlite",
      environment: Environment.variables, http: Environment.http(), downloads: Environment.storage(), time: .system,
      log: DemoNarrator.logger())
    try await withDeadline {
      try await LiveLine(daemon).shown { () async throws(Failure) in try await daemon.run(.untilDone) }
    }
    return DemoScript.expectations(simulator, directory: directory)
  }

  /// The demo must not hang.
  private func withDeadline(_ work: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { try await work() }
      group.addTask { try await Task.sleep(for: .seconds(45)) }
      try await group.next()
      group.cancelAll()
    }
  }

  private func report(_ expectations: [DemoExpectation]) throws(Failure) {
    let console = Console.shared
    console.print("\nWhat arrived:")
    for expectation in expectations {
      console.print("  \(expectation.isMet ? "✓" : "✗") \(expectation.what)")
      for line in expectation.evidence { console.print("      \(line.prefix(160))") }
    }
    guard expectations.allSatisfy(\.isMet) else { throw Failure(.no, "not everything expected arrived") }
    console.print("\nEverything arrived. Next: write your own rules.json, and vi-notify check rules.json")
  }
}
