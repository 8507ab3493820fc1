import ArgumentParser
import Daemon
import Transport

/// The program: its commands, what they print, and the status with which they end.
///
/// - In: arguments, the environment, a rules file. Out: results on stdout, everything said along the way on stderr, an exit status
///   (sysexits.h; `ExitStatus` in `Daemon`).
/// - Invariants: everything that is printed goes through ``Console`` and ``Line``, so that no text of a stranger commands a
///   terminal; a result that could not be written is an error; a log never holds up the work; with `--output json`, stdout holds one
///   JSON value and nothing else.
/// - What it doesn't do: decide anything. A command reads what it is asked for, calls the modules below, and shows what they say.
/// - A command is one file in `Commands` and one line in the list below. `Terminal` knows streams and screens, `Reports` turns
///   values into text and JSON, `Demo` plays everything in one process. Begin with ``WatchCommand``.
@main
struct ViNotify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vi-notify",
    abstract: "Notifies you when a Datature Vi training run ends: by a webhook, a chat message or a command.",
    discussion: """
      vi-notify --rules rules.json is vi-notify watch --rules rules.json.

      Credentials come from the vendor's SDK variables: DATATURE_VI_SECRET_KEY, DATATURE_VI_ORGANIZATION_ID and, if it isn't \
      the public one, DATATURE_VI_API_ENDPOINT.

      EXAMPLE
        vi-notify demo                    see it work, without an account
        vi-notify check rules.json        report every mistake in a rules file
        vi-notify --rules rules.json      watch, until stopped
      """,
    version: Version.full,
    subcommands: [
      WatchCommand.self, StatusCommand.self, CheckCommand.self, TestCommand.self, SendTestCommand.self,
      SchemaCommand.self,
      RunsCommand.self,
      ModelsCommand.self, DeliveriesCommand.self, ExplainCommand.self, SilenceCommand.self, StateCommand.self,
      VerifyCommand.self,
      SystemdUnitCommand.self, SimulateCommand.self, DemoCommand.self, InitCommand.self, CompletionsCommand.self,
      ManualCommand.self,
    ],
    defaultSubcommand: WatchCommand.self)

  /// Like the library's own, but prints everything, including help, through the console, so that a lost result is noticed.
  static func main() async {
    Surroundings.check()
    Console.prepareStreams()
    do {
      if let failure = failure(of: Array(CommandLine.arguments.dropFirst())) { Console.shared.end(failure) }
      var command = try await asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      Console.shared.end(0)
    } catch {
      let status = exitCode(for: error)
      let text = fullMessage(for: error)
      if status == .success {
        Console.shared.print(Array(text.utf8))
      } else if let message = UsageMessage(text, arguments: Array(CommandLine.arguments.dropFirst())) {
        Console.shared.say("vi-notify: \(Console.shared.paint("error:", .red)) \(message.lines[0])")
        for line in message.lines.dropFirst() { Console.shared.say("\(line)") }
      } else if !text.isEmpty {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
          Console.shared.say(Line(String(line)))
        }
      }
      Console.shared.end(status.rawValue)
    }
  }
}

extension ViNotify {
  /// Says what is wrong with the command that is named, and returns the status to end with; nil: nothing is.
  private static func failure(of arguments: [String]) -> Int32? {
    do throws(Failure) {
      try UnknownCommand.check(arguments)
      return nil
    } catch {
      Console.shared.say("vi-notify: \(Console.shared.paint("error:", .red)) \(error.description)")
      return error.status.rawValue
    }
  }
}

enum Version {
  static let current = "0.1.0"
  /// With what it was built of, and runs with: `0.1.0 (commit 0123456789ab, Swift 6.3, libcurl 7.88.1)`.
  static var full: String {
    let parts = [builtCommit.map { "commit \($0)" }, "Swift \(swift)", "libcurl \(CurlLibrary.version)"]
    return "\(current) (\(parts.compactMap(\.self).joined(separator: ", ")))"
  }

  private static var swift: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6"
    #endif
  }

  /// Identifies us to servers.
  static let userAgent = "vi-notify/\(current)"
}
