import ArgumentParser
import Daemon
import FoundationEssentials
import Rules
import Runs

struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Show which rules fire for a run, and what would be sent.",
    discussion: """
      Works offline, sends nothing and doesn't touch the state. With --expect and --expect-none it is a unit test for rules: the \
      exit status is 1 if an expectation is not met.

      EXAMPLE
        vi-notify runs get run_abc123 --output json > run.json
        vi-notify test rules.json --run run.json --expect tell-chat-on-failure
        vi-notify test rules.json --sample failed
      """)

  @Argument(help: "The rules file.", completion: .file())
  var file: String
  @Option(help: ArgumentHelp("A run document from `runs get ID --output json`.", valueName: "file"))
  var run: String?
  @Option(help: "In place of --run: a made-up run in this phase.")
  var sample: Phase?
  @Option(help: ArgumentHelp("This rule must fire; may be given several times.", valueName: "rule"))
  var expect: [String] = []
  @Flag(help: "No rule may fire.")
  var expectNone = false
  @OptionGroup var format: OutputOption

  func validate() throws {
    if (run == nil) == (sample == nil) {
      throw ValidationError(
        "give one of --run FILE, a document from `vi-notify runs get ID --output json`, and --sample PHASE, such as --sample failed"
      )
    }
    if expectNone, !expect.isEmpty { throw ValidationError("--expect and --expect-none contradict each other") }
  }

  func run() async throws {
    try await ending {
      let configuration = try Configuration.load(file, omitted: "nothing was tested")
      let trial = try RuleTrial(configuration, of: sample.map(SampleRun.run) ?? readRun(run ?? ""))
      switch format.output {
      case .json: Console.shared.print(trial.json)
      case .table: trial.print()
      }
      try judge(trial, configuration)
    }
  }

  private func readRun(_ run: String) throws(Failure) -> Run {
    guard let data = FileManager.default.contents(atPath: run) else {
      throw Failure(.unreadableData, "the run \(run) can't be read; make one with: vi-notify runs get ID --output json")
    }
    do throws(MalformedRun) {
      return try Run(parsing: Array(data))
    } catch {
      throw Failure(
        .unreadableData, "\(run) is not a run document: \(error); make one with: vi-notify runs get ID --output json")
    }
  }

  private func judge(_ trial: RuleTrial, _ configuration: Configuration) throws(Failure) {
    let fired = trial.verdicts.filter(\.fired).map(\.rule)
    for name in expect where !configuration.file.rules.contains(where: { $0.name == name }) {
      let hint = hint(for: name, among: configuration.file.rules.map(\.name))
      throw Failure(.no, "expected \(name.debugDescription) to fire, but no such rule exists; \(hint)")
    }
    if let missing = trial.verdicts.first(where: { expect.contains($0.rule) && !$0.fired }) {
      throw Failure(.no, "expected \(missing.rule.debugDescription) to fire: \(missing.reason)")
    }
    if expectNone, !fired.isEmpty {
      throw Failure(.no, "expected no rule to fire, but did: \(fired.joined(separator: ", "))")
    }
  }
}

/// A run that never was, for those who have none yet.
enum SampleRun {
  /// Two hours old, and as one in this phase would be.
  static func run(_ phase: Phase) throws -> Run {
    let now = TimeSource.system.now().milliseconds
    let (created, started, ended) = (now - 7_200_000, now - 7_000_000, now - 60_000)
    let steps: [(name: String, at: Int64, words: String)] =
      switch phase {
      case .pending: []
      case .running: [("Running", started, "")]
      case .succeeded, .cancelled:
        [("Running", started, ""), (phase == .succeeded ? "Succeeded" : "Cancelled", ended, "")]
      case .failed, .error:
        [
          ("Running", started, ""),
          (phase == .failed ? "Failed" : "Error", ended, #","reason":"OutOfMemory","message":"CUDA out of memory""#),
        ]
      }
    let conditions = steps.map { step in
      #"{"condition":"\#(step.name)","status":"Reached","lastTransitionTime":\#(step.at)\#(step.words)}"#
    }
    let document = """
      {"runId":"run_sample","spec":{"flow":{"name":"sample-flow"},"trainingProject":"sample-project"},\
      "metadata":{"attributes":{},"timeCreated":\(created)},"status":{"conditions":[\(conditions.joined(separator: ","))]}}
      """
    return try Run(parsing: Array(document.utf8))
  }
}
