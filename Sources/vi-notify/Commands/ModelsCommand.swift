import ArgumentParser
import JSONSource
import Runs
import Transport
import ViAPI

struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the models of a run, or download one.",
    discussion: """
      EXAMPLE
        vi-notify models list run_abc123
        vi-notify models download run_abc123
      """,
    subcommands: [ModelsListCommand.self, ModelsDownloadCommand.self])
}

/// A run's id as typed.
struct RunArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The run's id.", valueName: "run"))
  var id: String

  func validate() throws {
    guard Run.isValid(id: id) else {
      throw ValidationError("\(id.debugDescription) isn't a run id: use letters, digits, _ and - only")
    }
  }
}

struct ModelsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models of a run, latest last.",
    discussion: """
      A model is ready when its export is complete, so that it can be downloaded.

      EXAMPLE
        vi-notify models list run_abc123 --output json | jq -r '.[-1].modelId'
      """)

  @OptionGroup var run: RunArgument
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let http = Environment.http()
      let client = try Environment.client(http)
      let outputs = try await Environment.patience.ask { () async throws(SourceError) in
        try await client.outputs(of: run.id, contents: true)
      }
      await http.close()
      switch format.output {
      case .json: Console.shared.print(json(outputs))
      case .table:
        if outputs.isEmpty { Console.shared.say("run \(run.id) has no models") } else { table(outputs).print() }
      }
    }
  }

  private func json(_ outputs: [RunOutput]) -> [UInt8] {
    var json = JSONWriter()
    json.array(outputs) { json, output in
      json.object {
        $0.member("modelId", output.id)
        $0.member("epoch", output.epoch)
        $0.member("metrics", raw: output.metrics ?? Array("null".utf8))
        $0.member("ready", output.downloadURL != nil)
      }
    }
    return json.bytes
  }

  /// The epoch has a column of its own.
  private static func line(_ text: String) -> String {
    text.split(separator: "\n").filter { !$0.hasPrefix("epoch ") }.joined(separator: ", ")
  }

  private func table(_ outputs: [RunOutput]) -> Table {
    var table = Table([
      .init(title: "MODEL", least: .max), .init(title: "EPOCH", rank: 1, least: 5, isNumber: true),
      .init(title: "READY", least: 5), .init(title: "METRICS", rank: 2, least: 12),
    ])
    for output in outputs {
      table.add([
        .init(output.id), .init(output.epoch.map(String.init) ?? ""), output.downloadURL == nil ? "no" : "yes",
        .init(RunMetrics(output).map { Self.line($0.text) } ?? ""),
      ])
    }
    return table
  }
}
