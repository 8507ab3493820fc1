import ArgumentParser
import Daemon
import Rules

/// A word that stands where a command belongs, and is none. The library would take it for an argument of `watch`.
enum UnknownCommand {
  /// Throws ``Failure`` with `usage`, and the nearest command there is.
  static func check(_ arguments: [String]) throws(Failure) {
    var (command, path): (any ParsableCommand.Type, [String]) = (ViNotify.self, [])
    for word in arguments {
      let commands = command.configuration.subcommands
      guard !commands.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
      guard let next = commands.first(where: { $0._commandName == word }) else {
        throw refusal(of: word, after: path, commands)
      }
      command = next
      path.append(word)
    }
  }

  private static func refusal(of word: String, after path: [String], _ commands: [any ParsableCommand.Type]) -> Failure
  {
    let names = commands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
    func whole(_ word: String) -> String { (path + [word]).joined(separator: " ") }
    let hint =
      suggestion(for: word, among: names).map { "did you mean '\(whole($0))'?" }
      ?? "there are \(names.joined(separator: ", ")); see: \((["vi-notify"] + path + ["--help"]).joined(separator: " "))"
    return Failure(.usage, "unknown command '\(whole(word))'; \(hint)")
  }
}
