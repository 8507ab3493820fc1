import Daemon
import JSONSource
import Rules
import Runs
import StatusPort
import Storage

/// The status port answers with what the commands print.
struct CommandDocuments: StatusDocuments {
  func status(_ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8] {
    // It is this process that looks.
    try await StatusReport(store, time) { _ in .runs }.json
  }

  func explanation(of run: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]? {
    try await Timeline(of: run, store, time)?.json
  }

  func deliveries(
    _ records: [DeliveryRecord], _ store: any StateStore, _ time: TimeSource
  ) async throws(StorageError) -> [UInt8] {
    DeliveryReport(records: records, digests: [], waits: try await WaitReport(store, time)).json
  }

  func delivery(_ id: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]? {
    guard let detail = try await store.delivery(id: id) else { return nil }
    return DeliveryReport.json(detail, try await WaitReport(store, time))
  }
}

extension Timeline {
  /// Nil: nothing is known of the run.
  ///
  /// - Parameter time: by which "now" is.
  init?(of run: String, _ store: any StateStore, _ time: TimeSource = .system) async throws(StorageError) {
    guard let story = try await store.story(run: run) else { return nil }
    // The rules that decided, by the digests of their files.
    var rules: [String: RuleSet] = [:]
    for digest in Set(story.events.compactMap(\.rules)) {
      rules[digest] = try await store.ruleFile(digest: digest).flatMap(RuleSet.init(remembered:))
    }
    let (digests, waits) = (try await store.collectingDigests(run: run), try await WaitReport(store, time))
    // A digest was hastened under its own id, which its delivery has in the place of a run's.
    let ids =
      story.deliveries.flatMap { [$0.record.id, $0.record.runID] } + story.held.compactMap { Silence.id(in: $0.reason) }
      + digests.map(\.id)
    let acts = ids.isEmpty ? [] : try await store.acts(ActFilter(ids: Set(ids), limit: Self.maxActs)).reversed()
    self.init(run, story, digests, acts, waits) { event in
      guard let eventKind = event.eventKind, let rules = event.rules.flatMap({ rules[$0] }),
        let event = RunEvent(stored: event.body, runID: event.runID, eventKind: eventKind, time: event.time)
      else { return [] }
      return rules.verdicts(on: event)
    }
  }
}
