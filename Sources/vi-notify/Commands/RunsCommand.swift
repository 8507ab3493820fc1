import ArgumentParser
import Daemon
import JSONSource
import Runs
import Storage
import Stores
import Transport
import ViAPI
import Watching

struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List runs, show one or its log, or wait for some.",
    discussion: """
      EXAMPLE
        vi-notify runs list --phase running
        vi-notify runs get run_abc123
        vi-notify runs logs run_abc123 --tail 50
        vi-notify runs wait run_abc123 && ./next-step.sh
      """,
    subcommands: [RunsListCommand.self, RunsGetCommand.self, RunsLogsCommand.self, RunsWaitCommand.self])
}

struct RunsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List runs, newest first.",
    discussion: """
      EXAMPLE
        vi-notify runs list --phase failed --phase error --limit 10
        vi-notify runs list --all --output json | jq -r '.[].runId'
      """)

  @Option(help: "Only runs in this phase; may be given several times.")
  var phase: [Phase] = []
  @Option(help: ArgumentHelp("The maximum number of runs.", valueName: "number"))
  var limit: Int?
  @Flag(help: "List all runs.")
  var all = false
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func validate() throws {
    if all, limit != nil { throw ValidationError("--all and --limit contradict each other: give one of them") }
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) lists nothing; give at least 1, or --all") }
  }

  func run() async throws {
    try await ending {
      let http = Environment.http()
      let client = try Environment.client(http)
      let most = all ? Int.max : limit ?? 50
      let (runs, hasMore) = try await Environment.patience.ask { () async throws(SourceError) in
        try await newest(most, client)
      }
      await http.close()
      RunReport.print(runs, format.output, organization: client.organization, told: await told(runs))
      if runs.isEmpty, format.output == .table {
        Console.shared.say(phase.isEmpty ? "there are no runs yet" : "no run is in this phase")
      }
      if hasMore { Console.shared.say("showing the newest \(runs.count); --limit N or --all shows more") }
    }
  }

  /// Nil without a state that can be read: the runs are listed all the same.
  private func told(_ runs: [Run]) async -> [String: [DeliveryStatus: Int]]? {
    guard format.output == .table, let name = try? state.name,
      let store = try? StateStores.open(name, for: .reading)
    else { return nil }
    defer { store.close() }
    return try? await store.deliveryCounts(runs: runs.map(\.id))
  }

  private func newest(_ most: Int, _ client: ViClient) async throws(SourceError) -> ([Run], hasMore: Bool) {
    var pages = RunPages(source: client)
    var runs: [Run] = []
    var seen: Set<String> = []
    var hasMore = false
    while runs.count < most, let page = try await pages.next() {
      for item in page.items {
        guard runs.count < most else {
          hasMore = true
          break
        }
        do throws(MalformedRun) {
          let run = try Run(mending: Array(page.bytes[item]))
          let isWanted = phase.isEmpty || phase.contains(run.reading.phase)
          // Drop the documents: those of a hundred thousand runs would fill the memory, and the list doesn't show them.
          if isWanted, seen.insert(run.id).inserted { runs.append(run.withoutDocument) }
        } catch {
          Console.shared.say("run \(error.id ?? "without an id") can't be read and is skipped: \(error)")
        }
      }
      hasMore = hasMore || runs.count >= most && page.nextPage != nil
    }
    return (runs, hasMore)
  }
}

extension Phase: ExpressibleByArgument {}

struct RunsGetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show one run.",
    discussion: """
      With --output json, prints the document exactly as the API sent it.

      EXAMPLE
        vi-notify runs get run_abc123 --output json > run.json
      """)

  @Argument(help: "The run's id.", completion: StateCompletion.runs)
  var id: String
  @OptionGroup var format: OutputOption

  func validate() throws {
    guard Run.isValid(id: id) else {
      throw ValidationError("\(id.debugDescription) isn't a run id: use letters, digits, _ and - only")
    }
  }

  func run() async throws {
    try await ending {
      let http = Environment.http()
      let client = try Environment.client(http)
      let run = try await Environment.patience.ask { () async throws(SourceError) in try await client.run(id: id) }
      await http.close()
      if let fault = run.fault {
        Console.shared.say("the document has mistakes, which are repaired here: \(fault)")
      }
      switch format.output {
      case .json: Console.shared.print(run.document)
      case .table: RunReport.printDetails(run)
      }
    }
  }
}
