import JSONSource
import Runs
import Storage

/// A list of deliveries, and single ones, for people and as JSON.
struct DeliveryReport {
  /// The newest last.
  let records: [DeliveryRecord]
  /// They come after the deliveries: their messages are still to be made.
  let digests: [CollectingDigest]
  let waits: WaitReport

  var count: Int { records.count + digests.count }

  var json: [UInt8] {
    var json = JSONWriter()
    json.array(rows) { json, row in json.object { Self.write(row.record, row.wait, into: &$0) } }
    return json.bytes
  }

  private var rows: [(record: DeliveryRecord, wait: Wait?)] {
    records.map { ($0, waits.wait(of: $0)) } + digests.map { (DeliveryRecord($0), waits.wait(of: $0)) }
  }

  func print() {
    guard count > 0 else { return }
    let time = PeopleTime(now: waits.now)
    var table = Table([
      .init(title: "DELIVERY", least: .max), .init(title: "STATUS", least: 9), .init(title: "RUN", rank: 1, least: 9),
      .init(title: "RULE", rank: 5, least: 8), .init(title: "ACTION", rank: 4, least: 6),
      .init(title: "DESTINATION", rank: 2, least: 8), .init(title: "ATTEMPTS", rank: 6, least: 2, isNumber: true),
      .init(title: "CREATED", least: .max), .init(title: "NEXT", rank: 3, least: .max),
      .init(title: "REASON", least: 16, wish: 26),
    ])
    let rows = rows
    let length = Self.uniqueLength(rows.map(\.record.id))
    for (record, wait) in rows {
      let why = String((wait?.words(time.inWords) ?? record.reason ?? "").prefix(200))
      table.add([
        .init(record.id, short: String(record.id.prefix(length))),
        .init(record.shownStatus, record.status.colour), .init(record.runID), .init(record.rule), .init(record.action),
        .init(record.destination.name), .init("\(record.attempts)"), time.cell(record.createdAt),
        time.cell(wait.map { time.isShort ? $0.until : record.nextAttemptAt } ?? nil),
        .init(why, short: wait?.brief(record.reason)),
      ])
    }
    table.print()
    let targets = Set(records.map(\.destination))
    let held = DestinationReport.lines(targets, waits, time)
    if !held.isEmpty { Console.shared.print("") }
    for line in held { Console.shared.print(Line(line)) }
  }

  /// The least length at which no two ids are the same, and at least 12: longer than that only chance could make it.
  private static func uniqueLength(_ ids: [String]) -> Int {
    (12..<36).first { length in Set(ids.map { $0.prefix(length) }).count == ids.count } ?? 36
  }

  static func print(_ detail: DeliveryDetail, _ format: OutputFormat, _ waits: WaitReport) {
    switch format {
    case .json: Console.shared.print(json(detail, waits))
    case .table: printText(detail, waits)
    }
  }

  static func json(_ detail: DeliveryDetail, _ waits: WaitReport) -> [UInt8] {
    JSONWriter.object { json in
      write(detail.record, waits.wait(of: detail.record), into: &json)
      json.member("chain") { json in json.array(ChainTree.all(of: detail.chain)) { $1.write(into: &$0) } }
      json.member("attemptLog") { json in json.array(detail.attempts) { write($1, into: &$0) } }
      write(detail, into: &json)
    }
  }

  static func print(_ digest: CollectingDigest, _ format: OutputFormat, _ waits: WaitReport) {
    let record = DeliveryRecord(digest)
    switch format {
    case .json:
      Console.shared.print(
        JSONWriter.object { json in
          write(record, waits.wait(of: digest), into: &json)
          json.member("events", digest.count)
        })
    case .table:
      let time = PeopleTime(now: waits.now)
      printFacts([
        ("Digest", digest.id), ("Waits for", waits.wait(of: digest).words(time.inWords)), ("Rule", digest.rule),
        ("Action", digest.action), ("Destination", digest.destination), ("Begun", time.inWords(digest.begunAt)),
      ])
    }
  }

  private static func write(_ record: DeliveryRecord, _ wait: Wait?, into json: inout JSONWriter) {
    json.member("id", record.id)
    json.member("eventId", record.eventID)
    json.member("runId", record.runID.isEmpty ? nil : record.runID)
    json.member("rule", record.rule)
    json.member("action", record.action)
    json.member("destination", record.destination.name)
    json.member("status", record.shownStatus)
    json.member("attempts", record.attempts)
    json.member("nextAttemptAt", record.nextAttemptAt?.iso8601)
    json.member("createdAt", record.createdAt.iso8601)
    json.member("settledAt", record.settledAt?.iso8601)
    json.member("reason", record.reason)
    json.member("waitsFor", wait?.words(\.iso8601))
  }

  private static func write(_ attempt: AttemptRecord, into json: inout JSONWriter) {
    json.object { json in
      json.member("number", attempt.number)
      json.member("startedAt", attempt.startedAt.iso8601)
      json.member("finishedAt", attempt.finishedAt.iso8601)
      json.member("outcome", attempt.outcome)
      json.member("code", attempt.code)
      json.member("detail", attempt.detail)
      json.member("output", attempt.output)
    }
  }

  /// The stored request, with secrets as references.
  private static func write(_ detail: DeliveryDetail, into json: inout JSONWriter) {
    if let command = detail.content.command { return json.member("command", raw: command) }
    json.member("request") { json in
      json.object { json in
        json.member("method", "POST")
        json.member("destination", detail.record.destination.name)
        json.member("headers") { $0.object { $0.member("webhook-id", detail.record.id) } }
        json.member("body", raw: detail.body)
      }
    }
  }

  private static func printText(_ detail: DeliveryDetail, _ waits: WaitReport) {
    let (record, time) = (detail.record, PeopleTime(now: waits.now))
    printFacts([
      ("Delivery", record.id), ("Status", record.shownStatus), ("Waits for", waits.text(record, time)),
      ("Reason", record.reason),
      ("Run", record.runID.isEmpty ? nil : record.runID),
      ("Event", record.eventID), ("Rule", record.rule), ("Action", record.action.isEmpty ? nil : record.action),
      ("Destination", record.destination.name),
      ("Created", time.inWords(record.createdAt)), ("Next attempt", record.nextAttemptAt.map(time.inWords)),
      ("Settled", record.settledAt.map(time.inWords)),
    ])
    for attempt in detail.attempts {
      let name = "Attempt \(attempt.number):".padded(toWidth: 15)
      Console.shared.print(
        "\(name)\(time.stamp(attempt.startedAt))  \(attempt.outcome)  \(attempt.detail)", hanging: 15)
      for line in attempt.output.split(separator: "\n").prefix(20) {
        Console.shared.print("    \(String(line))", hanging: 6)
      }
    }
    for (index, chain) in ChainTree.all(of: detail.chain).enumerated() {
      chain.print(time, after: (index == 0 ? "Chain:" : "").padded(toWidth: 15))
    }
    // The longest comes last.
    printCarried(detail.content.command ?? detail.body)
  }

  /// In a pipe as it is sent; on a terminal laid out, for one line of it fills the screen.
  private static func printCarried(_ json: [UInt8]) {
    guard Console.shared.outputIsTerminal else {
      return Console.shared.print("Carries:       \(String(decoding: json, as: UTF8.self))", hanging: 0)
    }
    Console.shared.print("Carries:")
    for line in JSONLayout.lines(json) {
      Console.shared.print("  \(line)", hanging: 6 + line.prefix { $0 == " " }.count)
    }
  }
}

extension DeliveryReport {
  /// A name and a value each; those without a value are left out.
  private static func printFacts(_ facts: [(name: String, value: String?)]) {
    for (name, value) in facts {
      guard let value else { continue }
      Console.shared.print("\((name + ":").padded(toWidth: 15))\(value)", hanging: 15)
    }
  }
}

extension DeliveryStatus {
  var colour: Console.Colour {
    switch self {
    case .pending, .claimed: .yellow
    case .delivered: .green
    case .dead: .red
    }
  }
}

extension DeliveryRecord {
  /// The delivery that a digest will be.
  init(_ digest: CollectingDigest) {
    self.init(
      id: digest.id, eventID: digest.eventID, runID: "", rule: digest.rule, action: digest.action,
      destination: .destination(digest.destination), status: .pending, attempts: 0, nextAttemptAt: digest.dueAt,
      createdAt: digest.begunAt, settledAt: nil, reason: nil, link: nil)
  }

  /// The status for users, to whom a delivery in flight is pending.
  var shownStatus: String {
    (status == .claimed ? DeliveryStatus.pending : status).rawValue
  }
}

extension DeliveryContent {
  /// The command of a local action, JSON; nil for a request.
  var command: [UInt8]? {
    switch self {
    case .hook(let call): call.json
    case .download(let call): call.json
    case .include(let call): call.json
    case .event, .body: nil
    }
  }
}

extension DeliveryDetail {
  fileprivate var body: [UInt8] {
    if case .body(let body) = content { body } else { event }
  }
}
