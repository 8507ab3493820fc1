import ArgumentParser
import Daemon
import JSONSource
import Rules
import Secrets

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a rules file and report every mistake.",
    discussion: """
      Shows each mistake with its place and what to write instead. Watches and sends nothing. The exit status is 0 if the file \
      can be used, otherwise 78.

      EXAMPLE
        vi-notify check rules.json
      """)

  @Argument(help: "The rules file.")
  var file: String
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let secrets = SecretSource(environment: Environment.variables)
      let check = try Configuration.check(
        path: file, secrets: secrets, machine: .system(Environment.variables))
      switch format.output {
      case .json: Console.shared.print(DiagnosticReport.json(check, file: file))
      case .table:
        DiagnosticReport.say(check, file: file)
        DiagnosticReport.warnIfOpenToAll(file)
        warnOfMissingCredentials(check, secrets)
        if let rules = check.configuration?.file {
          Console.shared.print("\(file): fine; rules: \(rules.rules.count), destinations: \(rules.destinations.count)")
        }
      }
      if check.configuration == nil { throw Failure(.badConfiguration, "") }
    }
  }

  /// The file can be valid on a machine that doesn't watch.
  private func warnOfMissingCredentials(_ check: Configuration.Check, _ secrets: SecretSource) {
    guard let source = check.configuration?.file.source else { return }
    for (text, field) in [(source.organization, SecretField.plain), (source.secretKey, .credential)] {
      do throws(SecretError) {
        _ = try secrets.resolve(text, as: field)
      } catch {
        Console.shared.say("\(file): \(Console.shared.paint("warning:", .yellow)) \(error), and watch needs it")
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

  static func json(_ check: Configuration.Check, file: String) -> [UInt8] {
    var locator = SourceLocator(check.bytes)
    return JSONWriter.object { json in
      json.member("diagnostics") { json in
        json.array(check.diagnostics) { json, diagnostic in
          let place = locator.location(of: diagnostic.offset)
          json.object { json in
            json.member("file", file)
            json.member("line", place.line)
            json.member("column", place.column)
            json.member("severity", diagnostic.severity.rawValue)
            json.member("message", diagnostic.message)
            json.member("hint", diagnostic.hint)
          }
        }
      }
    }
  }
}
