internal import JSONSource

extension RuleSet {
  /// The one message for what was collected; nil when no rule of these asks for it any more.
  ///
  /// - Parameters:
  ///   - id: of the delivery.
  ///   - action: its label.
  ///   - events: bodies of events, JSON, the oldest first.
  ///   - count: how many there are in all.
  package func digest(
    id: String, rule name: String, action label: String, events: [[UInt8]], count: Int
  ) -> PlannedDelivery? {
    guard let rule = rules.first(where: { $0.name == name }),
      let action = rule.actions.first(where: { $0.label == label }), let digest = action.options.digest,
      case .send(let destination, let template) = action.kind
    else { return nil }
    let documents = events.prefix(digest.most).compactMap { try? JSONDocument(parsing: $0) }
    let content: PlannedDelivery.Content =
      if case .json(let body) = template {
        .body(body.render(TemplateData(Self.data(of: documents, count, digest))))
      } else {
        .body(Self.plain(documents, count))
      }
    return PlannedDelivery(
      id: id, rule: name, action: label, destination: destination, content: content, options: action.options)
  }

  /// What a template sees: `count`, `events`, `more`, and what all events have in common.
  private static func data(of documents: [JSONDocument], _ count: Int, _ digest: ActionOptions.Digest) -> JSONDocument {
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
  private static func plain(_ documents: [JSONDocument], _ count: Int) -> [UInt8] {
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
