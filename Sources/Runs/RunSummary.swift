internal import JSONSource

/// The state of a run, read without the rest of its document: a tenth of the work of a ``Run``.
///
/// Reads only plain notation. Anything else (an escape, a repeated member, a value of another type, a missing id) makes it nil,
/// and the caller reads the whole ``Run``, which yields the same or an error. Skipped values are only scanned for their end, so
/// a mistake in them goes unnoticed until the whole document is read.
package struct RunSummary: Sendable {
  package private(set) var id = ""
  package private(set) var flow: String?
  package private(set) var conditions: [Condition] = []
  package private(set) var killedAt: Timestamp?
  package private(set) var createdAt: Timestamp?

  private static let members: [StaticString] = ["runId", "spec", "status", "metadata"]
  private static let specMembers: [StaticString] = ["flow", "killedAt"]
  private static let flowMembers: [StaticString] = ["name"]
  private static let statusMembers: [StaticString] = ["conditions"]
  private static let metadataMembers: [StaticString] = ["timeCreated"]

  package init?(_ document: UnsafeRawBufferPointer) {
    var scanner = JSONScanner(document)
    var summary = RunSummary()
    var hasStatus = false
    let isPlain = scanner.members(Self.members) { place, scanner in
      switch place {
      case 0: return summary.readID(&scanner)
      case 1: return summary.readSpec(&scanner)
      case 3: return summary.readMetadata(&scanner)
      default:
        hasStatus = true
        return summary.readStatus(&scanner)
      }
    }
    guard isPlain, hasStatus, scanner.isAtEnd(), Run.isValid(id: summary.id) else { return nil }
    self = summary
  }

  private init() {}

  /// The run's id; nil unless it is written plainly in a terminated object.
  static func id(_ document: UnsafeRawBufferPointer) -> String? {
    var scanner = JSONScanner(document)
    var summary = RunSummary()
    let isPlain = scanner.members(["runId"]) { _, scanner in summary.readID(&scanner) }
    return isPlain && scanner.isAtEnd() && Run.isValid(id: summary.id) ? summary.id : nil
  }

  init(_ run: Run) {
    (id, flow, conditions, killedAt, createdAt) = (run.id, run.flow, run.conditions, run.killedAt, run.createdAt)
  }

  package var reading: PhaseReading {
    PhaseReading(conditions: conditions, killedAt: killedAt, createdAt: createdAt)
  }

  /// When it started to run: the earliest time of any entry; nil without an entry.
  package var startedAt: Timestamp? {
    conditions.filter { $0.status == .reached && $0.phaseWhenReached == .running && $0.time.milliseconds > 0 }.map(
      \.time
    ).min()
  }

  /// Whether it went on after `end`: a run that failed, was restarted and failed again has ended twice.
  package func restarted(after end: Timestamp) -> Bool {
    conditions.contains { entry in
      entry.status == .reached && entry.time > end && entry.phaseWhenReached.map { !$0.isTerminal } == true
    }
  }
}

extension RunSummary {
  private mutating func readID(_ scanner: inout JSONScanner) -> Bool {
    guard let id = scanner.plainString() else { return false }
    self.id = id
    return true
  }

  private mutating func readSpec(_ scanner: inout JSONScanner) -> Bool {
    if scanner.skipNull() { return true }
    return scanner.members(Self.specMembers) { place, scanner in
      if scanner.skipNull() { return true }
      if place == 0 { return readFlow(&scanner) }
      guard let time = scanner.plainInteger() else { return false }
      killedAt = time > 0 ? Timestamp(foreign: time) : nil
      return true
    }
  }

  private mutating func readFlow(_ scanner: inout JSONScanner) -> Bool {
    scanner.members(Self.flowMembers) { _, scanner in
      if scanner.skipNull() { return true }
      flow = scanner.plainString()
      return flow != nil
    }
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) -> Bool {
    if scanner.skipNull() { return true }
    return scanner.members(Self.metadataMembers) { _, scanner in
      if scanner.skipNull() { return true }
      createdAt = scanner.plainInteger().map(Timestamp.init(foreign:))
      return createdAt != nil
    }
  }

  private mutating func readStatus(_ scanner: inout JSONScanner) -> Bool {
    scanner.members(Self.statusMembers) { _, scanner in
      if scanner.skipNull() { return true }
      return scanner.array { scanner in
        guard let entry = Condition(&scanner) else { return false }
        conditions.append(entry)
        return true
      }
    }
  }
}

extension Condition {
  private static let members: [StaticString] = ["condition", "status", "reason", "message", "lastTransitionTime"]

  /// Nil for an entry that isn't written plainly, or names no condition.
  fileprivate init?(_ scanner: inout JSONScanner) {
    var texts: (name: String?, status: String?, reason: String?, message: String?)
    var time: Int64 = 0
    let isPlain = scanner.members(Self.members) { place, scanner in
      if scanner.skipNull() { return true }
      if place == 4 {
        guard let number = scanner.plainInteger() else { return false }
        time = number
        return true
      }
      guard let text = scanner.plainString() else { return false }
      switch place {
      case 0: texts.name = text
      case 1: texts.status = text
      case 2: texts.reason = text
      default: texts.message = text
      }
      return true
    }
    guard isPlain, let name = texts.name else { return nil }
    self.init(
      name: name, status: texts.status.map { Status(rawValue: $0) ?? .waiting } ?? .reached,
      time: Timestamp(foreign: time), reason: texts.reason, message: texts.message)
  }
}
