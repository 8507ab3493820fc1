import ArgumentParser
import Daemon
import JSONSource
import Runs
import Transport
import ViAPI

struct RunsLogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Show the log of a run.",
    discussion: """
      Terminal escapes and control characters are removed. With --output json, prints the answer exactly as the API sent it.

      EXAMPLE
        vi-notify runs logs run_abc123 --tail 50
        vi-notify runs logs run_abc123 --block trainer --output json
      """)

  @OptionGroup var run: RunArgument
  @Option(help: ArgumentHelp("Only the log of this block of the flow.", valueName: "block"))
  var block: String?
  @Option(help: ArgumentHelp("Only the last lines.", valueName: "number"))
  var tail: Int?
  @OptionGroup var format: OutputOption

  func validate() throws {
    if let tail, tail < 1 {
      throw ValidationError("--tail must be at least 1, such as --tail 50: the number of lines at the end of the log")
    }
  }

  func run() async throws {
    try await ending {
      let http = Environment.http()
      let client = try Environment.client(http)
      let (log, answer) = try await Environment.patience.ask { () async throws(SourceError) in
        try await client.log(of: run.id, block: block, limit: tail)
      }
      await http.close()
      switch format.output {
      case .json: Console.shared.print(answer)
      case .table:
        for line in log.lines.suffix(tail ?? .max) { Console.shared.print("\(line)") }
        if log.lines.isEmpty { Console.shared.say("run \(run.id) has no log\(block.map { " of block \($0)" } ?? "")") }
      }
    }
  }
}
