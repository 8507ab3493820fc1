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
    }
  }

  init(kind: String, content: Data?) {
    switch (kind, content) {
    case ("body", let content?): self = .body(Array(content))
    case ("hook", let content?):
      self = HookCall(json: Array(content)).map(DeliveryContent.hook) ?? .event
    case ("download", let content?):
      self = DownloadCall(json: Array(content)).map(DeliveryContent.download) ?? .event
    default: self = .event
    }
  }
}

extension Row {
  func time(_ column: String) -> Timestamp? {
    (self[column] as Int64?).map(Timestamp.init(milliseconds:))
  }

  func duration(_ column: String) -> Duration? {
    (self[column] as Int64?).map { .milliseconds($0) }
  }

  func bytes(at index: Int) -> [UInt8] {
    optionalBytes(at: index) ?? []
  }

  func optionalBytes(at index: Int) -> [UInt8]? {
    (self[index] as Data?).map { Array($0) }
  }

  func bytes(_ column: String) -> [UInt8] {
    optionalBytes(column) ?? []
  }

  func optionalBytes(_ column: String) -> [UInt8]? {
    (self[column] as Data?).map { Array($0) }
  }
}

extension DeliveryRecord {
  static let columns = """
    d.id, d.event_id, d.run_id, d.rule, d.action, d.destination, d.status, d.attempts, d.next_attempt_at, d.created_at,
    d.settled_at, d.reason, d.parent, d.branch
    """

  /// The delivery `d` is of the run `:run`, or of a digest that tells of it.
  static let isAboutRun = """
    (d.run_id = :run OR d.id IN (
      SELECT g.delivery_id FROM digests g JOIN digest_events c ON c.digest_id = g.id
      JOIN events e ON e.id = c.event_id WHERE e.run_id = :run))
    """

  /// A digest, which is of many runs, has its own id there.
  private static func run(_ id: String) -> String {
    id.hasPrefix("dig_") ? "" : id
  }

  init(_ row: Row) {
    self.init(
      id: row["id"], eventID: row["event_id"], runID: Self.run(row["run_id"]), rule: row["rule"],
      action: row["action"], destination: row["destination"],
      status: DeliveryStatus(rawValue: row["status"]) ?? .pending, attempts: row["attempts"],
      nextAttemptAt: row.time("next_attempt_at"),
      createdAt: row.time("created_at") ?? Timestamp(milliseconds: 0), settledAt: row.time("settled_at"),
      reason: row["reason"], link: ChainLink(row))
  }
}

extension ChainLink {
  fileprivate init?(_ row: Row) {
    guard let parent: String = row["parent"], let branch = Branch(rawValue: row["branch"]) else { return nil }
    self.init(parent: parent, branch)
  }
}

extension AttemptRecord {
  init(_ row: Row) {
    self.init(
      number: row["number"], startedAt: row.time("started_at") ?? Timestamp(milliseconds: 0),
      finishedAt: row.time("finished_at") ?? Timestamp(milliseconds: 0), outcome: row["outcome"], code: row["code"],
      detail: row["detail"], output: row["output"])
  }
}
