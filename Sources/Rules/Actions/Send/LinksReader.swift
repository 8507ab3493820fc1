internal import JSONSource

/// Reads what a `send` says of messages that belong together, and holds it against what its destination can.
struct LinksReader {
  let action: ActionReader
  let object: ObjectReader

  private var diagnostics: DiagnosticList { action.diagnostics }
  private var name: String? { object[SendAction.verb]?.string }
  /// What is stored was checked when it was written down, and its destination may be another one since.
  private var links: MessageLinks? { name.flatMap { action.rule.destinations[$0]?.links } }

  func check(updates: Bool, isDigest: Bool, _ kind: DestinationType) {
    guard updates, !action.place.isStored, let node = object["update"] else { return }
    if isDigest {
      diagnostics.error(
        at: node.range, "\(action.path) is a digest, and can't be updated",
        hint: "a digest is a message about many runs")
    } else if links?.updates != true {
      reportMissing("update", "messages can't be edited", at: node, kind, DestinationType.names { $0.updates })
    }
  }

  func thread(_ digest: Digest?, _ kind: DestinationType) -> TextTemplate? {
    guard let node = object["thread"], let text = object.text(node, path: object.pathOf("thread")) else { return nil }
    let template = action.context.template(
      text, at: node, markup: .words, scope: digest.map { TemplateScope.digest(by: $0.by) } ?? action.place.scope)
    guard !action.place.isStored else { return template }
    switch links?.threads {
    case nil:
      reportMissing(
        "thread", "messages stand in no threads", at: node, kind, DestinationType.names { $0.threads != nil })
    case .numbered where Int32(text).map { $0 < 1 } ?? true:
      diagnostics.error(
        at: node.range, "\(object.pathOf("thread")) is no number of a topic: \(text.prefix(60).debugDescription)",
        hint: "a bot can't find topics by their names; write the number that stands in a link to the topic")
    case .numbered, .byKey, .ofFirst: break
    }
    return template
  }

  private func reportMissing(
    _ field: String, _ what: String, at node: JSONNode, _ kind: DestinationType, _ others: String
  ) {
    // A webhook of Slack's or Mattermost's isn't told what its messages are called.
    let isOtherwise = kind.implementation.links != nil && links == nil
    diagnostics.error(
      at: node.range,
      "\(object.pathOf(field)): \(what) at a destination of type \(kind)\(isOtherwise ? " with a url" : "")",
      hint: isOtherwise ? "give it the token of a bot" : "they can at one of type \(others)")
  }
}

extension DestinationType {
  /// Types by what can be done with their messages, in words.
  static func names(_ can: (MessageLinks) -> Bool) -> String {
    let names = all.filter { $0.implementation.links.map(can) ?? false }.map { type in
      "`\(type)`\(type.needsBot ? " with a token" : "")"
    }
    return "\(names.dropLast().joined(separator: ", ")) and \(names.last ?? "")"
  }
}
