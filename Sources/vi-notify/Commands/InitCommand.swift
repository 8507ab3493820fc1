import ArgumentParser
import Daemon
import Glibc
import Rules
import Runs
import Secrets
import Transport
import ViAPI

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a rules file to start from.",
    discussion: """
      Asks which destinations and events it is to have, unless they are given as options, looks whether the credentials of the Vi \
      API work, and writes a commented file that check accepts. Nothing is sent. A file that is there already is left alone.

      EXAMPLE
        vi-notify init
        vi-notify init --destination team-chat=slack --destination registry=webhook --on failed --on error
      """)

  @Argument(help: "The file to write.", completion: .file())
  var file = "rules.json"
  @Option(
    help: ArgumentHelp(
      "A destination, such as team-chat=slack, or a type alone; may be given several times.", valueName: "name=type"))
  var destination: [String] = []
  @Option(help: "A phase that is told of, such as failed; may be given several times. Default: failed and error.")
  var on: [Phase] = []
  @Flag(help: "Replace the file if it is there.")
  var force = false

  func validate() throws {
    for text in destination { _ = try NewDestination(text) }
  }

  func run() async throws {
    try await ending {
      if !force, access(file, F_OK) == 0 {
        throw Failure(.no, "\(file) is there already and stays as it is; name another file, or replace it with --force")
      }
      var destinations = try destination.map(NewDestination.init)
      var phases = on
      if destinations.isEmpty {
        guard isatty(STDIN_FILENO) == 1 else {
          throw Failure(
            .usage,
            "nobody is there to be asked; name destinations: --destination team-chat=slack; types: \(NewDestination.types)"
          )
        }
        destinations = Self.askForDestinations()
        if phases.isEmpty { phases = Self.askForPhases() }
      }
      let rules = NewRules(destinations: destinations, phases: phases.isEmpty ? [.failed, .error] : phases)
      try write(rules)
      let variables = report(rules)
      try await lookAtCredentials()
      sayNext(destinations, variables)
    }
  }

  private func write(_ rules: NewRules) throws(Failure) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0o644)
    guard descriptor >= 0 else {
      throw Failure(.no, "\(file) can't be written: \(String(cString: strerror(errno))); name another file")
    }
    let failure = writeAll(Array(rules.text.utf8), to: descriptor)
    guard close(descriptor) == 0, failure == 0 else {
      throw Failure(.no, "\(file) can't be written whole: \(String(cString: strerror(failure == 0 ? errno : failure)))")
    }
    Console.shared.print("\(file)")
  }

  /// Returns the variables that are still to be set.
  private func report(_ rules: NewRules) -> [String] {
    rules.variables.filter { (Environment.variables[$0] ?? "").isEmpty }
  }

  /// What doesn't work is said; the file is good all the same.
  private func lookAtCredentials() async throws {
    let http = Environment.http()
    do throws(Failure) {
      let client = try Environment.client(http)
      do throws(SourceError) {
        _ = try await client.page(token: nil, size: 1, timeout: .seconds(20))
        Console.shared.say("the Vi API answers, organization \(client.organization)")
      } catch {
        throw Failure(error)
      }
    } catch {
      for line in error.description.split(separator: "\n") {
        Console.shared.say("\(Console.shared.paint("not yet:", .yellow)) \(line)")
      }
    }
    await http.close()
  }

  private func sayNext(_ destinations: [NewDestination], _ variables: [String]) {
    let console = Console.shared
    console.say("next:")
    for name in variables { console.say("  export \(name)=…") }
    console.say("  vi-notify check \(file)")
    for destination in destinations { console.say("  vi-notify send-test \(destination.name) --rules \(file)") }
    console.say("  vi-notify --rules \(file)")
  }

  private static func ask(_ question: String) -> String? {
    Console.shared.say(Line(question))
    return readLine()?.trimmingPrefix { $0 == " " }.split(separator: "\n").first.map(String.init)
  }

  /// At least one; the end of the input ends the questions.
  private static func askForDestinations() -> [NewDestination] {
    var found: [NewDestination] = []
    Console.shared.say("Types of destinations: \(NewDestination.types)")
    while let answer = ask(
      found.isEmpty ? "Where do messages go? (NAME=TYPE, such as team-chat=slack)" : "And where else? (empty: nowhere)")
    {
      if answer.isEmpty { break }
      do {
        found.append(try NewDestination(answer))
      } catch {
        Console.shared.say("\(error)")
      }
    }
    return found.isEmpty ? [NewDestination(name: "team-chat", type: .slack)] : found
  }

  private static func askForPhases() -> [Phase] {
    while let answer = ask(
      "Which ends of runs? (of \(Phase.allCases.map(\.rawValue).joined(separator: " ")); empty: failed error)"),
      !answer.isEmpty
    {
      let words = answer.split { $0 == " " || $0 == "," }.map(String.init)
      let phases = words.compactMap(Phase.init(rawValue:))
      if phases.count == words.count { return phases }
      Console.shared.say("one of these is no phase: \(answer)")
    }
    return []
  }
}

/// A destination that somebody wants: `NAME=TYPE`, or a type, which is then its name too.
struct NewDestination {
  let name: String
  let type: DestinationType

  static var types: String { DestinationType.all.map(\.rawValue).joined(separator: ", ") }

  init(name: String, type: DestinationType) {
    (self.name, self.type) = (name, type)
  }

  /// Throws a `ValidationError` that names the types.
  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let (name, word) = (parts[0], parts.last ?? "")
    guard let type = DestinationType(rawValue: word) else {
      throw ValidationError(
        "there is no type of destination \(word.debugDescription); \(hint(for: word, among: DestinationType.all.map(\.rawValue)))"
      )
    }
    guard Run.isValid(id: name) else {
      throw ValidationError(
        "\(name.debugDescription) is no name for a destination: use letters, digits, _ and - only, such as team-chat")
    }
    self.init(name: name, type: type)
  }
}

/// The text of a rules file with these destinations, each told of the ends of runs.
struct NewRules {
  let destinations: [NewDestination]
  let phases: [Phase]

  /// Named by what must be set in the environment for it.
  var variables: [String] {
    let references = destinations.flatMap { $0.type.requiredFields.map(\.example) }.joined(separator: " ")
    var seen: Set<String> = []
    return references.matches(of: /\$\{env:([A-Za-z0-9_]+)/).map { String($0.1) }.filter { seen.insert($0).inserted }
  }

  var text: String {
    let places = destinations.map { destination in
      let fields = destination.type.requiredFields.map { field in
        "      // \(field.says)\n      \(Self.quoted(field.key)): \(field.example)"
      }
      let members = ["      \"type\": \(Self.quoted(destination.type.rawValue))"] + fields
      return
        "    // \(destination.type.says)\n    \(Self.quoted(destination.name)): {\n\(members.joined(separator: ",\n"))\n    }"
    }
    let actions = destinations.map { "        {\"send\": \(Self.quoted($0.name))}" }
    return """
      // Made by vi-notify init. Check it with vi-notify check; docs/rules.md and docs/destinations.md describe every field.
      {
        "version": 1,

        // How often the Vi API is asked, and from when on ends of runs count.
        "watch": {"interval": "30s", "since": "now"},

        // Where messages go. Secrets stay outside this file: ${env:NAME} refers to a variable, ${file:/path} to a file.
        "destinations": {
      \(places.joined(separator: ",\n"))
        },

        "rules": [
          {
            "name": "tell-of-ends",
            "on": [\(phases.map { Self.quoted($0.rawValue) }.joined(separator: ", "))],
            "actions": [
      \(actions.joined(separator: ",\n"))
            ]
          }
        ]
      }

      """
  }

  private static func quoted(_ text: String) -> String { "\"\(text)\"" }
}
