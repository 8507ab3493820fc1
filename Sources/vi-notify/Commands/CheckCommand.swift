import ArgumentParser
import Daemon
import JSONSource
import Rules
import Secrets
import Storage
import Stores

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check rules files and report every mistake.",
    discussion: """
      Shows each mistake with its place and what to write instead. Watches and sends nothing. The exit status is 0 if every file \
      can be used, otherwise 78; with --strict, 1 if there are only warnings.

      EXAMPLE
        vi-notify check rules.json
        vi-notify check --no-secrets --strict rules/*.json       where the secrets aren't, as in CI
        vi-notify check --state state.sqlite new-rules.json      whether it takes away what something waits for
        generate-rules | vi-notify check -
      """)

  @Argument(help: "Rules files; - is standard input.", completion: .file())
  var files: [String]
  @Flag(name: .customLong("no-secrets"), help: "Check references for their form only, and look none of them up.")
  var withoutSecrets = false
  @Flag(help: "Exit with 1 if there are warnings.")
  var strict = false
  @Option(
    help: ArgumentHelp(
      "Warn of destinations, rules and steps that the file doesn't have and that something in this state waits for.",
      valueName: "file"))
  var state: String?
  @OptionGroup var format: OutputOption

  func validate() throws {
    if files.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("- stands for standard input, which can be read once: give it once")
    }
  }

  func run() async throws {
    try await ending {
      let waiting = try await waiting()
      var (isUsable, hasWarnings, diagnostics) = (true, false, [DiagnosticReport.Entry]())
      for file in files {
        let secrets = SecretSource(environment: Environment.variables, isFormOnly: withoutSecrets)
        let check = try Configuration.check(path: file, secrets: secrets, machine: .system(Environment.variables))
        let warnings =
          (file == "-" ? [] : [OpenToAll.fault(of: file)].compactMap(\.self)) + missingCredentials(check, secrets)
          + (check.configuration.flatMap { waiting?.warnings(for: $0.file) } ?? [])
        isUsable = isUsable && check.configuration != nil
        hasWarnings = hasWarnings || !warnings.isEmpty || !check.diagnostics.isEmpty
        switch format.output {
        case .json:
          diagnostics +=
            DiagnosticReport.entries(check, file: file)
            + (waiting == nil ? [] : check.configuration.flatMap { waiting?.warnings(for: $0.file) } ?? []).map {
              DiagnosticReport.Entry(file: file, line: 1, column: 1, severity: "warning", message: $0, hint: nil)
            }
        case .table:
          DiagnosticReport.say(check, file: file)
          for warning in warnings {
            Console.shared.say("\(file): \(Console.shared.paint("warning:", .yellow)) \(warning)")
          }
          if let rules = check.configuration?.file {
            Console.shared.print(
              "\(file): fine; rules: \(rules.rules.count), destinations: \(rules.destinations.count)")
          }
        }
      }
      if format.output == .json { Console.shared.print(DiagnosticReport.json(diagnostics)) }
      if !isUsable { throw Failure(.badConfiguration, "") }
      if strict, hasWarnings { throw Failure(.no, "") }
    }
  }

  private func waiting() async throws -> WaitingWork? {
    guard let state else { return nil }
    do throws(StorageError) {
      let store = try StateStores.open(state, for: .reading)
      defer { store.close() }
      return try await WaitingWork(store)
    } catch {
      throw Failure(error)
    }
  }

  /// The file can be valid on a machine that doesn't watch.
  private func missingCredentials(_ check: Configuration.Check, _ secrets: SecretSource) -> [String] {
    guard !withoutSecrets, let source = check.configuration?.file.source else { return [] }
    return [(source.organization, SecretField.plain), (source.secretKey, .credential)].compactMap { text, field in
      do throws(SecretError) {
        _ = try secrets.resolve(text, as: field)
        return nil
      } catch {
        return "\(error), and watch needs it"
      }
    }
  }
}

extension Configuration {
  /// Reads a rules file for use: prints its mistakes and warnings, and throws if it can't be used.
  ///
  /// - Parameters:
  ///   - omitted: what is skipped then: `nothing was started`.
  ///   - machine: the environment of its hooks and downloads.
  static func load(
    _ file: String, omitted: String, machine: Machine = .unknown
  ) throws(Failure) -> Configuration {
    let check = try check(
      path: file, secrets: SecretSource(environment: Environment.variables), machine: machine)
    DiagnosticReport.say(check, file: file)
    DiagnosticReport.warnIfOpenToAll(file)
    guard let configuration = check.configuration else {
      throw Failure(.badConfiguration, "the rules file \(file) has mistakes; \(omitted)")
    }
    return configuration
  }
}

/// Prints the diagnostics of a rules file.
enum DiagnosticReport {
  static func warnIfOpenToAll(_ file: String) {
    guard let fault = OpenToAll.fault(of: file) else { return }
    Console.shared.say("\(file): \(Console.shared.paint("warning:", .yellow)) \(fault)")
  }

  /// `FILE:LINE:COLUMN: error: text`, the line, and a caret under the place. A line with a secret is not shown, because the output
  /// may end up in the log of a service.
  static func say(_ check: Configuration.Check, file: String) {
    let console = Console.shared
    var locator = SourceLocator(check.bytes)
    for diagnostic in check.diagnostics {
      let place = locator.location(of: diagnostic.offset)
      let word = console.paint("\(diagnostic.severity.rawValue):", diagnostic.severity == .error ? .red : .yellow)
      let hint = diagnostic.hint.map { "; \($0)" } ?? ""
      console.say("\(file):\(place.line):\(place.column): \(word) \(diagnostic.message)\(hint)")
      let excerpt = SourceExcerpt(of: diagnostic.offset, in: check.bytes)
      if !excerpt.text.isEmpty, !check.secretPlaces.contains(where: excerpt.range.overlaps) {
        let indent = String(repeating: " ", count: Line(excerpt.before).text.count)
        console.say("    \(excerpt.text)\n    \(indent)\(console.paint("^", .green))")
      }
    }
  }

  struct Entry {
    let file: String
    let line: Int
    let column: Int
    let severity: String
    let message: String
    let hint: String?
  }

  static func entries(_ check: Configuration.Check, file: String) -> [Entry] {
    var locator = SourceLocator(check.bytes)
    return check.diagnostics.map { diagnostic in
      let place = locator.location(of: diagnostic.offset)
      return Entry(
        file: file, line: place.line, column: place.column, severity: diagnostic.severity.rawValue,
        message: diagnostic.message, hint: diagnostic.hint)
    }
  }

  static func json(_ entries: [Entry]) -> [UInt8] {
    JSONWriter.object { json in
      json.member("diagnostics") { json in
        json.array(entries) { json, entry in
          json.object { json in
            json.member("file", entry.file)
            json.member("line", entry.line)
            json.member("column", entry.column)
            json.member("severity", entry.severity)
            json.member("message", entry.message)
            json.member("hint", entry.hint)
          }
        }
      }
    }
  }
}
