import FoundationEssentials
import JSONSource
import Runs
import Testing

@testable import Rules

/// `docs/destinations.md` is made of the code: types, fields, default messages as the service gets them, and what answers mean.
/// To write it anew: `VI_NOTIFY_WRITE_REFERENCE=1 swift test --filter DestinationReferenceTests`.
@Suite struct DestinationReferenceTests {
  private static let path =
    #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/destinations.md"

  @Test func `the reference of destinations is what the code says`() throws {
    let text = try reference()
    if ProcessInfo.processInfo.environment["VI_NOTIFY_WRITE_REFERENCE"] != nil {
      try Data(text.utf8).write(to: URL(filePath: Self.path))
    }
    let written = FileManager.default.contents(atPath: Self.path).map { String(decoding: $0, as: UTF8.self) }
    let isSame = written == text
    #expect(
      isSame,
      "docs/destinations.md is out of date: VI_NOTIFY_WRITE_REFERENCE=1 swift test --filter DestinationReferenceTests")
  }

  private func reference() throws -> String {
    let types = DestinationType.all
    var lines = [
      "# Destinations", "",
      "Made of the code by a test; see `Sources/Rules/Destinations`. Every field may be checked with `vi-notify check`, and every",
      "destination tried with `vi-notify send-test NAME --rules rules.json`.", "", "| type | what it is |", "|---|---|",
    ]
    lines += types.map { "| [`\($0)`](#\($0)) | \($0.implementation.says) |" }
    lines += ["", "## Fields of every destination", "", "| field | default | meaning |", "|---|---|---|"]
    lines += Shape.common.reference(path: "") + Shape.http.reference(path: "")
    lines += Self.together
    for type in types where type.links != nil {
      let links = type.links
      let threads =
        switch links?.threads {
        case nil: ""
        case .ofFirst:
          type == .slack ? "the first message's thread" : "a forum's thread of that name, or one with that id"
        case .byKey: "a thread with that key"
        case .numbered: "the topic with that number"
        }
      lines.append(
        "| `\(type)`\(type.needsBot ? " with a `token`" : "") | \(links?.updates == true ? "yes" : "") | \(threads) |")
    }
    for type in types { lines += try section(type) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let together = [
    "", "## Messages that belong together", "",
    "An action with `\"update\": true` posts one message for a run: the first event posts it, and later ones change it. What the",
    "service calls the message is kept in the state. A message that somebody has deleted is posted anew. Edits of one message go one",
    "after the other, in the order of the run's events; one that is older than what the message shows, because somebody sends it again",
    "or what it includes came late, is left out. When vi-notify is killed between posting a message and writing down what it is called,",
    "the message is posted a second time, under the same delivery id, and the second one is changed from then on.", "",
    "Messages for which `\"thread\"` says the same stand in one thread. The first of them begins it; where that is deleted, the next",
    "begins another. Both are remembered until nothing has continued them for as long as deliveries are kept, and for the destination",
    "as it is: one that leads elsewhere begins anew.", "",
    "A webhook of Slack or Mattermost isn't told what its messages are called, so that only a bot's can be changed.",
    "",
    "| type | `update` | `thread` is |", "|---|---|---|",
  ]

  private func section(_ type: DestinationType) throws -> [String] {
    var lines = ["", "## \(type)", "", type.implementation.says, ""]
    if let rate = type.implementation.usualRate {
      lines += [
        "At most \(rate.count) message\(rate.count == 1 ? "" : "s") in \(rate.per.words), unless `rateLimit` says otherwise.",
        "",
      ]
    }
    switch type.implementation.connection {
    case .http: break
    case .socket: lines += ["It has neither `headers` nor `http2`.", ""]
    case .local: lines += ["It has none of the fields of connections: from `headers` to `allowPrivate`.", ""]
    }
    lines += ["| field | default | meaning |", "|---|---|---|"] + type.implementation.rows
    if let messages = type.standardMessages {
      for (trigger, event) in try [(Trigger.phase(.failed), Self.failed()), (.phase(.succeeded), Self.succeeded())] {
        let inner = try JSONDocument(parsing: event.data)
        guard let template = messages[trigger] else { continue }
        let body = template.render(TemplateData(inner, link: .standard))
        lines += ["", "Without `text` and `body`, \(trigger.word):", "", "```json"]
        lines +=
          pretty(try JSONDocument(parsing: body).root, indent: 0).split(separator: "\n").map(String.init) + ["```"]
      }
    } else {
      lines += ["", "Without a `body` it receives the event itself."]
    }
    let answers = type.answers.markdown
    if answers.isEmpty { return lines }
    lines += ["", "| status | answer | meaning |", "|---|---|---|"] + answers.map { "| \($0) |" }
    return lines
  }

  private static func failed() throws -> RunEvent { try event("Failed", "CUDA out of memory", "OutOfMemory", 754) }
  private static func succeeded() throws -> RunEvent { try event("Succeeded", "", "", 8_040) }

  private static func event(_ condition: String, _ message: String, _ reason: String, _ seconds: Int64) throws
    -> RunEvent
  {
    let start: Int64 = 1_795_419_120_000
    let document = #"""
      {"runId":"run_8f2c","spec":{"flow":{"name":"defect detector"},"trainingProject":"Line 4"},
       "metadata":{"timeCreated":\#(start)},"status":{"conditions":[{"condition":"\#(condition)","status":"Reached",
       "lastTransitionTime":\#(start + seconds * 1000),"reason":"\#(reason)","message":"\#(message)"}]}}
      """#
    let run = try Run(parsing: Array(document.utf8))
    return RunEvent(
      run, reading: run.reading, previousPhase: .running,
      origin: .init(organization: "acme", endpoint: "https://api.vi.datature.com"), usual: .seconds(9_140))
  }
}

extension Destination {
  fileprivate static var rows: [String] { Shape(says: "", fields: fields).reference(path: "") }
}

private func pretty(_ node: JSONNode, indent: Int) -> String {
  let inside = String(repeating: " ", count: indent + 2)
  let outside = String(repeating: " ", count: indent)
  if let members = node.members {
    if members.isEmpty { return "{}" }
    let lines = members.map { "\(inside)\(quoted($0.key)): \(pretty($0.value, indent: indent + 2))" }
    return "{\n\(lines.joined(separator: ",\n"))\n\(outside)}"
  }
  if let elements = node.elements {
    if elements.isEmpty { return "[]" }
    let lines = elements.map { "\(inside)\(pretty($0, indent: indent + 2))" }
    return "[\n\(lines.joined(separator: ",\n"))\n\(outside)]"
  }
  var json = JSONWriter()
  json.value(node)
  return String(decoding: json.bytes, as: UTF8.self)
}

private func quoted(_ text: String) -> String {
  var json = JSONWriter()
  json.string(text)
  return String(decoding: json.bytes, as: UTF8.self)
}
