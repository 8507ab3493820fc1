import ArgumentParser
import Daemon
import Rules
import Runs
import Storage

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Show everything known about a run: events, rules that fired and why others didn't, deliveries and attempts.",
    discussion: """
      Shows what was seen of it, which rules fired and why the others didn't (by the rules file in use at that time), and every \
      delivery and attempt, in order of time. Works beside a running watcher. The exit status is 1 if the run is unknown.

      EXAMPLE
        vi-notify explain run_abc123
        vi-notify explain run_abc123 --output json | jq '.timeline[] | select(.kind == "rule")'
      """)

  @Argument(help: "The run's id, or a beginning of it that is unique.")
  var id: String
  @OptionGroup var state: StateOption
  @OptionGroup var format: OutputOption

  func run() async throws {
    try await ending {
      let store = try state.openForReading()
      defer { store.close() }
      // As it was typed when nothing here begins so: then the run is unknown, and not its id wrong.
      let id = try Identifiers.known(self.id, try await store.ids(.run, beginning: self.id, limit: 6))
      guard let story = try await store.story(run: id) else {
        throw Failure(
          .no,
          "run \(id) is unknown: no sweep of this state has seen it; see: vi-notify runs get \(id)"
        )
      }
      let rules = try await rules(of: story, store)
      let (digests, waits) = (try await store.collectingDigests(run: id), try await WaitReport(store))
      let timeline = Timeline(id, story, digests, waits) { event in
        guard let eventKind = event.eventKind, let rules = event.rules.flatMap({ rules[$0] }),
          let event = RunEvent(stored: event.body, runID: event.runID, eventKind: eventKind, time: event.time)
        else { return [] }
        return rules.verdicts(on: event)
      }
      switch format.output {
      case .json: Console.shared.print(timeline.json)
      case .table: timeline.print()
      }
    }
  }

  /// The rules that decided, by the digests of their files.
  private func rules(of story: RunStory, _ store: any StateStore) async throws(StorageError) -> [String: RuleSet] {
    var found: [String: RuleSet] = [:]
    for digest in Set(story.events.compactMap(\.rules)) {
      found[digest] = try await store.ruleFile(digest: digest).flatMap(RuleSet.init(remembered:))
    }
    return found
  }
}
