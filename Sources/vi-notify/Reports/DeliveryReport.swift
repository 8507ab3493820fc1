import JSONSource
import Runs
import Storage

/// Formats deliveries.
enum DeliveryReport {
  static func print(_ records: [DeliveryRecord], _ format: OutputFormat, _ waits: WaitReport) {
    switch format {
    case .json:
      var json = JSONWriter()
      json.array(records) { json, record in json.object { write(record, waits, into: &$0) } }
      Console.shared.print(json.bytes)
    case .table:
      var table = Table(["DELIVERY", "STATUS", "RUN", "RULE", "ACTION", "DESTINATION", "ATTEMPTS", "CREATED", "REASON"])
      for record in records {
        table.add([
          record.id, record.shownStatus, record.runID, record.rule, record.action, record.destination.name,
          "\(record.attempts)",
          record.createdAt.iso8601, String((waits.words(record) ?? record.reason ?? "").prefix(100)),
        ])
      }
      table.print()
    }
  }

  static func print(_ detail: DeliveryDetail, _ format: OutputFormat, _ waits: WaitReport) {
    switch format {
    case .json:
      Console.shared.print(
        JSONWriter.object { json in
          write(detail.record, waits, into: &json)
          json.member("chain") { json in json.array(ChainTree.all(of: detail.chain)) { $1.write(into: &$0) } }
          json.member("attemptLog") { json in json.array(detail.attempts) { write($1, into: &$0) } }
          write(detail, into: &json)
        })
    case .table: printText(detail, waits)
    }
  }

  private static func write(_ record: DeliveryRecord, _ waits: WaitReport, into json: inout JSONWriter) {
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
    json.member("waitsFor", waits.words(record))
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
    let record = detail.record
    let rows: [(String, String?)] = [
      ("Delivery", record.id), ("Status", record.shownStatus), ("Waits for", waits.words(record)),
      ("Reason", record.reason),
      ("Run", record.runID.isEmpty ? nil : record.runID),
      ("Event", record.eventID), ("Rule", record.rule), ("Action", record.action.isEmpty ? nil : record.action),
      ("Destination", record.destination.name),
      ("Created", record.createdAt.iso8601), ("Next attempt", record.nextAttemptAt?.iso8601),
      ("Settled", record.settledAt?.iso8601),
    ]
    for (name, value) in rows {
      guard let value else { continue }
      Console.shared.print("\(name):\(String(repeating: " ", count: 14 - name.count))\(value)")
    }
    for attempt in detail.attempts {
      Console.shared.print(
        "Attempt \(attempt.number):     \(attempt.startedAt.iso8601)  \(attempt.outcome)  \(attempt.detail)")
      for line in attempt.output.split(separator: "\n").prefix(20) {
        Console.shared.print("    \(String(line))")
      }
    }
    let carried = detail.content.command ?? detail.body
    Console.shared.print("Carries:       \(String(decoding: carried, as: UTF8.self))")
    for (index, line) in ChainTree.all(of: detail.chain).flatMap(\.lines).enumerated() {
      Console.shared.print("\(index == 0 ? "Chain:         " : String(repeating: " ", count: 15))\(line)")
    }
  }
}

extension DeliveryRecord {
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
