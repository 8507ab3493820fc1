import ArgumentParser
import Rules

/// What is wrong with a command line, in the form of our other errors: what, then what to do, then where to read more.
///
/// The library hands out its finding as text only (`fullMessage(for:)`): a message, perhaps a line `Help:  `, the whole usage, and
/// where to see more. The usage is left out: of `watch` it fills four lines that say nothing about the mistake. Words of the
/// library that aren't known here are shown as they are.
struct UsageMessage {
  /// What a value looks like, by the name that the option's help gives it.
  private static let shapes = [
    "duration": "a number with a unit, such as 500ms, 30s, 5m, 2h30m or 7d", "number": "a whole number, such as 20",
    "since": "a duration such as 2h, or a time such as 2026-11-27T08:00:00Z",
    "seconds": "whole seconds since 1970, such as 1795766400",
  ]

  /// The first is the error itself.
  let lines: [String]

  /// - Parameters:
  ///   - text: the library's whole text.
  ///   - arguments: what was typed.
  /// - Returns: nil unless the text is an error of usage.
  init?(_ text: String, arguments: [String]) {
    let all = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let first = all.first, first.hasPrefix("Error: "),
      let usage = all.firstIndex(where: { $0.hasPrefix("Usage: ") })
    else { return nil }
    let help = all.first { $0.hasPrefix("Help:  ") }.map { String($0.dropFirst("Help:  ".count)) }
    let said = all[..<usage].filter { !$0.hasPrefix("Help:  ") }.joined(separator: "\n").dropFirst("Error: ".count)
    let finding = Finding(String(said), help: help, unknown: Self.unknownOption(arguments))
    let more = all.last.flatMap(Self.quoted)?.first.map { "see: \($0)" }
    lines = [finding.text] + [finding.isAboutHelp ? help : nil, more].compactMap(\.self).map { "  \($0)" }
  }

  /// The first option typed that the command's help doesn't name, with the nearest that it does. The library looks for what is missing
  /// first, and so says of `--rulez FILE` that `--rules` is missing; and of many options its usage says that there are some.
  private static func unknownOption(_ arguments: [String]) -> String? {
    let words = ViNotify.helpMessage(for: command(of: arguments), columns: 1_000).split {
      !($0.isLetter || $0.isNumber || $0 == "-")
    }
    let known = words.filter { $0.hasPrefix("--") }.map(String.init)
    let typed = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
      .map { String($0.prefix { $0 != "=" }) }
    return typed.first { !known.contains($0) && $0 != "--version" }.map { option in
      "unknown option \(option)" + (suggestion(for: option, among: known).map { "; did you mean \($0)?" } ?? "")
    }
  }

  private static func command(of arguments: [String]) -> any ParsableCommand.Type {
    var found: any ParsableCommand.Type = ViNotify.self
    for word in arguments.prefix(while: { !$0.hasPrefix("-") }) {
      guard let next = found.configuration.subcommands.first(where: { $0._commandName == word }) else { break }
      found = next
    }
    return found.configuration.defaultSubcommand ?? found
  }

  private static func quoted(_ text: String) -> [String] {
    text.split(separator: "'", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }

  /// One finding of the library, in our words.
  private struct Finding {
    let text: String
    /// The option's line of help says more.
    var isAboutHelp = true

    init(_ said: String, help: String?, unknown: String?) {
      if let rest = said.tail(after: "The value '"), let middle = rest.firstRange(of: "' is invalid for '") {
        let value = String(rest[..<middle.lowerBound])
        let after = rest[middle.upperBound...]
        let option = after.prefix { $0 != "'" }
        text =
          "'\(value)' is no value of \(option.prefix { $0 != " " }); "
          + Self.cure(value, String(after.dropFirst(option.count + 1)), option)
      } else if said.hasPrefix("Missing expected argument '") || said.hasPrefix("Unknown option '") {
        let name = UsageMessage.quoted(said).first ?? ""
        text = unknown ?? (said.hasPrefix("M") ? "\(name) is missing" : "unknown option \(name)")
        isAboutHelp = unknown == nil
      } else if said.hasPrefix("Missing value for '") {
        let words = (UsageMessage.quoted(said).first ?? "").split(separator: " ")
        text = "\(words.first ?? "") needs a value: \(words.joined(separator: " "))"
      } else if said.hasPrefix("Unexpected argument '"), let word = UsageMessage.quoted(said).first {
        text = "unexpected argument '\(word)': nothing takes it; leave it out, or put it behind its option"
      } else if said.hasPrefix("The option '"), case let words = UsageMessage.quoted(said), words.count == 2 {
        text = "\(words[0]) takes no value; leave =\(words[1]) out"
      } else {
        text = said.split(separator: "\n").joined(separator: " ")
      }
    }

    /// What to give in the place of a value.
    ///
    /// - Parameters:
    ///   - rest: what the library says after the option: why not, or which values there are.
    ///   - option: with the name of its value, `--limit <number>`.
    private static func cure(_ value: String, _ rest: String, _ option: Substring) -> String {
      if let why = rest.tail(after: ": ") { return String(why) }
      guard rest.contains("Please provide one of") else {
        let name = option.split(separator: "<").last?.dropLast()
        return name.flatMap { UsageMessage.shapes[String($0)] }.map { "give \($0)" } ?? "see what it takes"
      }
      let listed = rest.split(separator: "\n").compactMap { $0.tail(after: "  - ").map(String.init) }
      let values = listed.isEmpty ? UsageMessage.quoted(rest) : listed
      if let nearest = suggestion(for: value, among: values) { return "did you mean '\(nearest)'?" }
      return "give \(values.dropLast().joined(separator: ", ")) or \(values.last ?? "")"
    }
  }
}

extension StringProtocol {
  /// What follows `prefix`; nil when it doesn't begin with that.
  fileprivate func tail(after prefix: String) -> SubSequence? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
