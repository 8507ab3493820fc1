import JSONSource
import Rules
import Runs
import StatusPort
import Storage

/// Everything known about a run, in order of time.
struct Timeline {
  enum Entry {
    /// The run was recorded without a notification.
    case baseline(Ledger.Entry)
    case event(StoredEvent)
    case rule(RuleVerdict, eventID: String)
    case held(HeldBack)
    case planned(DeliveryRecord)
    case attempt(AttemptRecord, of: DeliveryRecord)
    case replay(DeliveryRecord)
    case settled(DeliveryRecord)
    /// It has not settled.
    case waiting(DeliveryRecord, Wait)
  }

  /// The newest are shown.
  static let maxActs = 200

  let runID: String
  let entries: [(time: Timestamp, entry: Entry)]
  private let chains: [ChainTree]
  /// What people did that concerns the run, the oldest first.
  private let acts: [Act]
  private let now: Timestamp

  /// - Parameters:
  ///   - digests: with an event of the run, that are still open.
  ///   - acts: on its deliveries, and the silences that held its messages back, the oldest first.
  ///   - verdicts: of the rules that decided on an event; empty if unknown.
  init(
    _ runID: String, _ story: RunStory, _ digests: [CollectingDigest], _ acts: [Act], _ waits: WaitReport,
    verdicts: (StoredEvent) -> [RuleVerdict]
  ) {
    var entries: [(time: Timestamp, entry: Entry)] = []
    if let last = story.last, last.entry.isBaseline { entries.append((last.seenAt, .baseline(last.entry))) }
    for event in story.events {
      entries.append((event.seenAt, .event(event)))
      entries += verdicts(event).map { (event.seenAt, .rule($0, eventID: event.id)) }
    }
    entries += story.held.map { ($0.at, .held($0)) }
    for delivery in story.deliveries {
      entries += Self.entries(delivery)
      if let wait = waits.wait(of: delivery.record) { entries.append((waits.now, .waiting(delivery.record, wait))) }
    }
    entries += digests.map { (waits.now, .waiting(DeliveryRecord($0), waits.wait(of: $0))) }
    now = waits.now
    self.acts = acts
    self.runID = runID
    chains = ChainTree.all(of: story.deliveries.map { DeliveryStep(record: $0.record, continuation: $0.continuation) })
    // Entries of the same millisecond keep this order.
    self.entries = entries.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(
      \.element)
  }

  private static func entries(_ delivery: StoredDelivery) -> [(time: Timestamp, entry: Entry)] {
    let record = delivery.record
    var entries: [(time: Timestamp, entry: Entry)] = [(record.createdAt, .planned(record))]
    entries += delivery.attempts.map { ($0.startedAt, .attempt($0, of: record)) }
    entries += delivery.replays.map { ($0, .replay(record)) }
    if let settledAt = record.settledAt { entries.append((settledAt, .settled(record))) }
    return entries
  }
}

extension Timeline {
  var json: [UInt8] {
    JSONWriter.object { json in
      json.member("runId", runID)
      json.member("timeline") { json in
        json.array(entries) { json, item in
          json.object { json in
            json.member("time", item.time.iso8601)
            json.member("kind", item.entry.kind)
            item.entry.write(into: &json)
          }
        }
      }
      if !chains.isEmpty { json.member("chains") { json in json.array(chains) { $1.write(into: &$0) } } }
      json.member("audit") { json in json.array(acts) { $1.write(into: &$0) } }
    }
  }

  func print() {
    Console.shared.print("Run \(runID)")
    let time = PeopleTime(now: now)
    for (moment, entry) in entries {
      let (stamp, text) = (time.stamp(moment), entry.text(time))
      // What goes on stands a little deeper than what begins.
      let depth = text.prefix { " →✓✗–".contains($0) }.count
      Console.shared.print("\(stamp)  \(text)", hanging: stamp.count + 3 + depth)
    }
    for chain in chains {
      Console.shared.print("")
      chain.print(time)
    }
    guard !acts.isEmpty else { return }
    Console.shared.print("")
    Console.shared.print("What people did")
    for act in acts {
      let stamp = time.stamp(act.at)
      Console.shared.print("\(stamp)  \(act.words)", hanging: stamp.count + 3)
    }
  }
}

extension Timeline.Entry {
  fileprivate var kind: String {
    switch self {
    case .baseline: "baseline"
    case .event: "event"
    case .rule: "rule"
    case .held: "heldBack"
    case .planned: "delivery"
    case .attempt: "attempt"
    case .replay: "replay"
    case .settled: "settled"
    case .waiting: "waiting"
    }
  }

  fileprivate func write(into json: inout JSONWriter) {
    switch self {
    case .baseline(let entry):
      json.member("phase", entry.phase.rawValue)
      json.member("since", entry.since.iso8601)
    case .event(let event): event.write(into: &json)
    case .rule(let verdict, let eventID):
      json.member("rule", verdict.rule)
      json.member("fired", verdict.fired)
      json.member("reason", verdict.reason)
      json.member("eventId", eventID)
    case .held(let held):
      json.member("eventId", held.eventID)
      json.member("rule", held.rule)
      json.member("action", held.action)
      json.member("destination", held.destination)
      json.member("reason", held.reason)
    case .waiting(let record, let wait):
      json.write(record)
      json.member("waitsFor", wait.words(\.iso8601))
    case .planned(let record): json.write(record)
    case .replay(let record): json.write(record)
    case .attempt(let attempt, let record):
      json.write(record)
      json.member("number", attempt.number)
      json.member("finishedAt", attempt.finishedAt.iso8601)
      json.member("outcome", attempt.outcome)
      json.member("code", attempt.code)
      json.member("detail", attempt.detail)
    case .settled(let record):
      json.write(record)
      json.member("status", record.status.rawValue)
      json.member("reason", record.reason)
    }
  }

  fileprivate func text(_ time: PeopleTime) -> String {
    switch self {
    case .baseline(let entry):
      "seen for the first time, \(entry.phase.rawValue) since \(time.stamp(entry.since)): recorded without a notification"
    case .event(let event): event.text(time)
    case .waiting(let record, let wait): "    \(record.id) waits for: \(wait.words(time.inWords))"
    case .rule(let verdict, _): "  \(verdict.fired ? "✓" : "✗") rule \(verdict.rule): \(verdict.reason)"
    case .held(let held): "  – not sent to \(held.destination) by rule \(held.rule) (\(held.action)): \(held.reason)"
    case .planned(let record):
      "  → \(record.destination) by rule \(record.rule)\(record.action.isEmpty ? "" : " (\(record.action))"), delivery \(record.id)"
        + (record.link.map { ", \($0.branch.rawValue) of \($0.parent)" } ?? "")
    case .attempt(let attempt, let record):
      "    attempt \(attempt.number) to \(record.destination): "
        + [attempt.outcome, attempt.detail].filter { !$0.isEmpty }.joined(separator: ", ")
    case .replay(let record): "    replay requested: \(record.destination), \(record.id)"
    case .settled(let record):
      "    \(record.status.rawValue): \(record.destination)\(record.reason.map { ", \($0)" } ?? "")"
    }
  }
}

extension Act {
  /// `sent again by alice (command, process 4711): msg_1`
  fileprivate var words: String {
    let others = count - subjects.count
    let ids = subjects.joined(separator: ", ") + (others > 0 ? " and \(others.grouped) more" : "")
    let addition = kind == .redirect ? " to \(detail)" : ""
    let reason = kind == .silence ? ", because: \(detail)" : ""
    let how = ([agent.way == .port ? "status port" : agent.way.rawValue] + (agent.note.isEmpty ? [] : [agent.note]))
    return "\(kind.words)\(addition) by \(agent.name) (\(how.joined(separator: ", "))): \(ids)\(reason)"
  }
}

extension Act.Kind {
  fileprivate var words: String {
    switch self {
    case .replay: "sent again"
    case .redirect: "sent elsewhere,"
    case .hasten: "made due"
    case .silence: "silenced"
    case .endSilence: "silence ended"
    case .reload: "rules file read"
    case .reloadRefused: "rules file refused"
    }
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ record: DeliveryRecord) {
    member("deliveryId", record.id)
    member("eventId", record.eventID)
    member("rule", record.rule)
    member("action", record.action)
    member("destination", record.destination.name)
    if let link = record.link {
      member("parent", link.parent)
      member("branch", link.branch.rawValue)
    }
  }
}

extension StoredEvent {
  fileprivate var data: JSONNode? { (try? JSONDocument(parsing: body))?.root["data"] }

  fileprivate func write(into json: inout JSONWriter) {
    let data = data
    json.member("eventId", id)
    json.member("phase", word)
    json.member("previousPhase", data?["previousPhase"]?.string)
    json.member("happenedAt", time.iso8601)
    json.member("stayed", eventKind?.stay?.words)
    for name in ["flow", "condition", "reason", "message"] { json.member(name, data?[name]?.string) }
  }

  fileprivate func text(_ time: PeopleTime) -> String {
    let data = data
    let stayed = eventKind?.stay.map { ", for \($0.words)" } ?? ""
    let said = data?["condition"]?.string.map { ", by \($0)" } ?? ""
    let why = ["reason", "message"].compactMap { data?[$0]?.string }.filter { !$0.isEmpty }.joined(separator: ": ")
    return "\(word)\(stayed) since \(time.stamp(self.time))\(said)\(why.isEmpty ? "" : " (\(why.prefix(200)))")"
  }
}
