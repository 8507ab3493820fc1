internal import JSONSource
internal import Storage

/// What was collected for one message.
package struct CollectedEvents: Sendable {
  /// Bodies of the first of them, JSON, the oldest first.
  package let events: [[UInt8]]
  /// How many there are in all.
  package let count: Int

  package init(events: [[UInt8]], count: Int) {
    self.events = events
    self.count = count
  }
}

/// Makes the messages of digests whose time is over.
package struct DigestMessages: Sendable {
  private let rules: RuleSet
  private let destinations: [String: DestinationSettings]

  package init(_ rules: RuleSet, _ destinations: [DestinationSettings]) {
    self.rules = rules
    self.destinations = Dictionary(destinations.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The one message for what was collected.
  ///
  /// - Parameters:
  ///   - id: of the delivery.
  ///   - label: the action's.
  ///   - plan: what was kept of the action; nil when an earlier version collected: then the rules that are in use decide.
  /// - Returns: nil when nobody knows any more how it was meant.
  package func message(
    id: String, rule: String, action label: String, _ plan: ActionPlan?, _ collected: CollectedEvents
  ) -> PlannedDelivery? {
    let action = plan.map { $0.action(label, destinations) } ?? rules.action(label, of: rule)
    return action.flatMap { rules.digest(id: id, rule: rule, $0, collected) }
  }

  /// The rules in use have the same action under the same names.
  package func isInUse(_ plan: ActionPlan, rule: String, action label: String) -> Bool {
    rules.action(label, of: rule)?.plan == plan
  }

  /// What a webhook gets: for a message of which nobody knows how it was meant.
  package static func plain(_ collected: CollectedEvents) -> [UInt8] {
    RuleSet.plain(collected.events.compactMap { try? JSONDocument(parsing: $0) }, collected.count)
  }
}

extension RuleSet {
  fileprivate func action(_ label: String, of rule: String) -> ActionSettings? {
    rules.first { $0.name == rule }?.actions.first { $0.label == label }
  }

  /// The one message for what was collected; nil when no rule of these asks for it.
  package func digest(
    id: String, rule: String, action label: String, _ collected: CollectedEvents
  ) -> PlannedDelivery? {
    action(label, of: rule).flatMap { digest(id: id, rule: rule, $0, collected) }
  }

  fileprivate func digest(id: String, rule: String, _ action: ActionSettings, _ collected: CollectedEvents)
    -> PlannedDelivery?
  {
    guard let send = action.action as? SendAction, let digest = send.digest else { return nil }
    let documents = collected.events.prefix(digest.most).compactMap { try? JSONDocument(parsing: $0) }
    let data = TemplateData(Self.data(of: documents, collected.count, digest), link: link)
    let content: PlannedDelivery.Content =
      if case .json(let body) = send.message {
        .delivery(.body(send.addressed(body.render(data))))
      } else {
        .delivery(.body(Self.plain(documents, collected.count)))
      }
    var planned = PlannedDelivery(
      id: id, rule: rule, action: action.label, destination: action.target(rule: rule), content: content,
      options: action.options)
    planned.form = MessageForm(kind: send.kind, isStandard: false)
    planned.sequel.thread = send.threadKey(data)
    return planned
  }

  /// What a template sees: `count`, `events`, `more`, and what all events have in common.
  private static func data(of documents: [JSONDocument], _ count: Int, _ digest: Digest) -> JSONDocument {
    let common = Set(digest.by.compactMap(\.first))
    let bytes = JSONWriter.object { json in
      writeCounts(count, documents.count, into: &json)
      json.member("events") { json in
        json.array(documents) { json, document in
          json.raw(document.root["data"].map(document.raw) ?? Array("{}".utf8)[...])
        }
      }
      guard let first = documents.first, let members = first.root["data"]?.members else { return }
      for member in members where common.contains(member.key) { json.member(member.key, raw: first.raw(member.value)) }
    }
    return (try? JSONDocument(parsing: bytes))
      ?? JSONDocument(bytes: Array("{}".utf8), root: JSONNode(.object([]), at: 0..<2))
  }

  /// The events as a webhook gets them that asked for no body of its own: their data without the runs' documents.
  fileprivate static func plain(_ documents: [JSONDocument], _ count: Int) -> [UInt8] {
    JSONWriter.object { json in
      writeCounts(count, documents.count, into: &json)
      json.member("events") { json in
        json.array(documents) { json, document in
          json.object { json in
            for member in document.root["data"]?.members ?? [] where member.key != "run" {
              json.member(member.key, raw: document.raw(member.value))
            }
          }
        }
      }
    }
  }

  private static func writeCounts(_ count: Int, _ shown: Int, into json: inout JSONWriter) {
    json.member("count", count)
    json.member("more", count > shown ? count - shown : nil)
  }
}
