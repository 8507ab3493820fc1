import ArgumentParser
import Daemon
import Glibc
import Rules
import Runs
import Secrets
import Storage
import Stores
import Transport
import ViAPI

/// The environment of the process.
enum Environment {
  static let variables: [String: String] = {
    var found: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { found[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return found
  }()

  /// Allows as many connections to one host as a destination may have concurrent requests.
  static func http() -> HTTPClient {
    HTTPClient(
      HTTPClient.Configuration(maximumConnectionsPerHost: 64, connectionCache: 128, userAgent: Version.userAgent))
  }

  /// For downloads, whose client blocks its thread on the disk.
  static func storage() -> HTTPClient {
    HTTPClient(
      HTTPClient.Configuration(maximumConnectionsPerHost: 16, connectionCache: 16, userAgent: Version.userAgent))
  }

  /// A client for commands that need no rules file.
  static func client(_ http: HTTPClient) throws(Failure) -> ViClient {
    try SourceSettings.standard.client(SecretSource(environment: variables), http, .system) {
      Console.shared.say("vi-notify: \(Console.shared.paint("warning:", .yellow)) \($0)")
    }
  }

  /// For commands that ask the API once.
  static let patience = PatientQuestion(time: .system) { Console.shared.log("\($0)") }
}

struct StateOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The state file, on a disk of this machine (not NFS, SMB, 9p, sshfs and the like); also found by $STATE_DIRECTORY and \
      $XDG_STATE_HOME.
      """, valueName: "file"), completion: .file())
  var state: String?

  var name: String {
    get throws(Failure) { try Self.name(state) }
  }

  /// `--state`, else systemd's directory, else the user's.
  static func name(_ state: String?) throws(Failure) -> String {
    if let state { return state }
    let variables = Environment.variables
    if let directory = variables["STATE_DIRECTORY"]?.split(separator: ":").first {
      return "\(directory)/state.sqlite"
    }
    if let directory = variables["XDG_STATE_HOME"], directory.hasPrefix("/") {
      return "\(directory)/vi-notify/state.sqlite"
    }
    guard let home = variables["HOME"], !home.isEmpty else {
      throw Failure(
        .stateUnusable, "there is no place for the state because HOME is not set; name a file with --state FILE")
    }
    return "\(home)/.local/state/vi-notify/state.sqlite"
  }

  /// Tells the person who waits why the state makes them.
  static func say(_ wait: StateWait) {
    switch wait {
    case .locked(let processID):
      Console.shared.say(
        "waiting for the state: \(processID.map { "process \($0)" } ?? "another program") has locked it")
    case .outOfReach(let why):
      Console.shared.say("waiting for the state: it can't be reached or written at this moment: \(Line(why).text)")
    case .over: Console.shared.say("the state can be reached again")
    }
  }

  /// For commands that only read.
  func openForReading() throws(Failure) -> any StateStore {
    let name = try name
    do throws(StorageError) {
      return try StateStores.open(name, for: .reading)
    } catch {
      throw Failure(error)
    }
  }

  /// For commands that leave instructions for the watcher.
  func openForWriting() throws(Failure) -> any StateStore {
    let name = try name
    do throws(StorageError) {
      return try StateStores.open(name, for: .leavingWord, onWait: Self.say)
    } catch {
      throw Failure(error)
    }
  }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json
}

struct OutputOption: ParsableArguments {
  @Option(help: "The output format: table or json.")
  var output = OutputFormat.table
}

/// A duration as typed: 500ms, 30s, 5m, 2h30m, 7d.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    guard let duration = Duration(notation: argument) else { return nil }
    self.duration = duration
  }
}

extension AsyncParsableCommand {
  /// Runs a command, and turns a failure into its message and exit status.
  func ending(_ work: () async throws -> Void) async throws {
    do {
      try await work()
    } catch let failure as Failure {
      if !failure.description.isEmpty {
        for line in failure.description.split(separator: "\n") {
          Console.shared.say("vi-notify: \(Console.shared.paint("error:", .red)) \(line)")
        }
      }
      throw ExitCode(failure.status.rawValue)
    } catch let error as StorageError {
      try await ending { throw Failure(error) }
    } catch let error as SourceError {
      try await ending { throw Failure(error) }
    }
  }
}
