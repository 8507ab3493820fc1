internal import FoundationEssentials
internal import GRDB
internal import Runs
internal import Storage

extension [UInt8] {
  var blob: Data { Data(self) }
}

extension DeliveryContent {
  var columns: (kind: String, content: Data?) {
    switch self {
    case .event: ("event", nil)
    case .body(let bytes): ("body", bytes.blob)
    case .hook(let call): ("hook", call.json.blob)
    case .download(let call): ("download", call.json.blob)
    case .include(let call): ("include", call.json.blob)
    }
  }

  private enum Kind: String {
    case event, body, hook, download, include
  }

  /// Of `kind` and `content`.
  init(_ row: StoredRow) throws {
    let (kind, content) = (try row.word("kind", Kind.self), try row.optionalBytes("content"))
    let found: DeliveryContent? =
      switch kind {
      case .event: content == nil ? .event : nil
      case .body: content.map { .body($0) }
      case .hook: content.flatMap(HookCall.init(json:)).map { .hook($0) }
      case .download: content.flatMap(DownloadCall.init(json:)).map { .download($0) }
      case .include: content.flatMap(IncludeCall.init(json:)).map { .include($0) }
      }
    self = try row.required(found, "content")
  }
}

extension DeliveryRecord {
  static let columns = """
    d.id, d.event_id, d.run_id, d.rule, d.action, d.destination, d.lane, d.status, d.attempts, d.next_attempt_at,
    d.created_at, d.settled_at, d.reason, d.parent, d.branch,
    CASE WHEN d.status = 'pending' THEN d.delay END AS delay,
    CASE WHEN d.waits = 1 THEN (
      SELECT e.id FROM deliveries e
      WHERE e.run_id = d.run_id AND e.destination = d.destination AND e.sequence < d.sequence
        AND e.event_id != d.event_id AND e.status IN ('pending', 'claimed')
      ORDER BY e.sequence LIMIT 1) END AS behind
    """

  /// The delivery `d` is of the run `:run`, or of a digest that contains it.
  static let isAboutRun = """
    (d.run_id = :run OR d.id IN (
      SELECT g.delivery_id FROM digests g JOIN digest_events c ON c.digest_id = g.id
      JOIN events e ON e.id = c.event_id WHERE e.run_id = :run))
    """

  /// A digest, which is of many runs, has its own id there.
  private static func run(_ id: String) -> String {
    id.hasPrefix("dig_") ? "" : id
  }

  init(_ row: StoredRow) throws {
    self.init(
      id: try row.text("id"), eventID: try row.text("event_id"), runID: Self.run(try row.text("run_id")),
      rule: try row.text("rule"), action: try row.text("action"), destination: try row.target,
      status: try row.word("status"), attempts: try row.count("attempts"),
      nextAttemptAt: try row.optionalTime("next_attempt_at"), createdAt: try row.time("created_at"),
      settledAt: try row.optionalTime("settled_at"), reason: try row.optionalText("reason"), link: try ChainLink(row),
      delay: try row.optionalText("delay").map { try row.required(DeliveryDelay(rawValue: $0), "delay") },
      behind: try row.optionalText("behind"))
  }
}

extension ChainLink {
  /// Nil when both columns are.
  fileprivate init?(_ row: StoredRow) throws {
    guard let parent = try row.optionalText("parent") else {
      guard try row.optionalText("branch") == nil else { throw row.unreadable("parent") }
      return nil
    }
    self.init(parent: parent, try row.word("branch"))
  }
}

extension AttemptRecord {
  /// What is known of one attempt, and `id`, the delivery's.
  static let columns =
    "d.id, a.number, a.started_at, a.finished_at, a.outcome, a.code, a.detail, a.output"

  init(_ row: StoredRow) throws {
    let code = try row.optionalInteger("code").map { try row.required(Int(exactly: $0), "code") }
    self.init(
      number: try row.count("number"), startedAt: try row.time("started_at"), finishedAt: try row.time("finished_at"),
      outcome: try row.text("outcome"), code: code, detail: try row.text("detail"), output: try row.text("output"))
  }
}

extension Target {
  /// For the column `lane`, beside ``name``.
  var lane: String? {
    switch self {
    case .destination: nil
    case .lane(let lane): lane.kind.rawValue
    }
  }
}

extension StoredRow {
  /// Of `destination` and `lane`.
  var target: Target {
    get throws {
      let name = try text("destination")
      guard try optionalText("lane") != nil else { return .destination(name) }
      let lane = try required(Lane(name: name), "lane")
      guard try word("lane", Lane.Kind.self) == lane.kind else { throw unreadable("lane") }
      return .lane(lane)
    }
  }

  /// Of a delivery: what is to be done when it has settled; nil when nothing is.
  var continuation: [UInt8]? {
    get throws { try flag("continues") ? bytes("continuation") : nil }
  }
}

extension ClaimedDelivery {
  /// What it is read from, by name; and ``claimedAt`` when it is asked for.
  static let selection = """
    SELECT d.sequence, d.id, d.event_id, d.run_id, d.rule, d.action, d.destination, d.lane, d.kind,
      (SELECT bytes FROM contents WHERE delivery = d.sequence) AS content, d.attempts, d.created_at, d.timeout, d.retry_for,
      d.next_attempt_at, coalesce(d.retry_from, d.created_at) AS retry_from, d.attempts_before, d.claimed_at, d.defers, d.is_once, d.continues,
      CASE WHEN d.kind != 'body' OR d.continues THEN (SELECT body FROM events WHERE id = d.event_id) END AS event,
      CASE WHEN d.continues THEN (SELECT bytes FROM continuations WHERE delivery = d.sequence) END AS continuation,
      d.form, d.is_standard, d.updates, d.thread, coalesce(d.rank, d.sequence) AS rank,
      d.parent
    FROM deliveries d
    """

  /// - Parameter attempt: from how many there were.
  init(_ row: StoredRow, attempt: (_ made: Int) -> Int, claimedAt: Timestamp?) throws {
    let (content, continuation, target) = (try DeliveryContent(row), try row.continuation, try row.target)
    switch (content, target) {
    case (.event, _), (.body, .destination), (.hook, .lane), (.download, .lane), (.include, .lane): break
    case (.body, .lane), (.hook, .destination), (.download, .destination), (.include, .destination):
      throw row.unreadable("lane")
    }
    let hasEvent = if case .body = content { continuation != nil } else { true }
    self.init(
      sequence: try row.integer("sequence"), id: try row.text("id"), eventID: try row.text("event_id"),
      runID: try row.text("run_id"), rule: try row.text("rule"), action: try row.text("action"),
      destination: target, content: content, event: hasEvent ? try row.bytes("event") : [],
      continuation: continuation, isOnce: try row.flag("is_once"),
      attempt: attempt(try row.count("attempts")), createdAt: try row.time("created_at"),
      retryFrom: try row.time("retry_from"), attemptsBefore: try row.count("attempts_before"), claimedAt: claimedAt,
      timeout: try row.optionalDuration("timeout"), retryFor: try row.optionalDuration("retry_for"),
      defers: try row.flag("defers"), form: try row.optionalText("form"), isStandard: try row.flag("is_standard"))
    sequel = Sequel(updates: try row.flag("updates"), thread: try row.optionalText("thread"))
    rank = try row.integer("rank")
    parent = try row.optionalText("parent")
    if claimedAt == nil { dueAt = try row.optionalTime("next_attempt_at") }
  }

  /// Of a delivery that is pending: its next attempt.
  init(next row: StoredRow, claimedAt: Timestamp? = nil) throws {
    try self.init(row, attempt: { $0 + 1 }, claimedAt: claimedAt)
  }
}

extension Ledger.Entry {
  init(_ row: StoredRow) throws {
    self.init(
      phase: try row.word("phase"), since: try row.time("since"), isBaseline: try row.flag("is_baseline"),
      isGone: try row.optionalTime("gone_at") != nil)
  }
}

extension StoredEvent {
  init(_ row: StoredRow) throws {
    let word = try row.text("phase")
    self.init(
      id: try row.text("id"), runID: try row.text("run_id"), word: word,
      eventKind: EventKind(word: word, stay: try row.optionalDuration("stayed")), time: try row.time("time"),
      seenAt: try row.time("seen_at"), rules: try row.optionalText("rules"), body: try row.bytes("body"))
  }
}

extension DestinationState {
  init(_ row: StoredRow) throws {
    self.init(
      name: try row.text("name"), fingerprint: try row.text("fingerprint"),
      stoppedAt: try row.optionalTime("stopped_at"), stoppedReason: try row.optionalText("stopped_reason"),
      holdUntil: try row.optionalTime("hold_until"), failures: try row.count("failures"),
      nextProbeAt: try row.optionalTime("next_probe_at"))
  }
}
