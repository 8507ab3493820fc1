internal import JSONSource

extension ActionReader {
  func send(_ value: JSONNode, _ reader: ObjectReader, _ digest: ActionOptions.Digest?) -> Action.Kind? {
    guard let name = reader.text(value, path: "\(path).send") else { return nil }
    guard let kind = kind(ofDestination: name, reader) else {
      if rule.writtenDestinations.contains(name) { return nil }
      diagnostics.error(
        at: value.range, "unknown destination \(name.prefix(60).debugDescription)",
        hint: rule.destinations.isEmpty
          ? "describe it under \"destinations\"" : hint(for: name, among: rule.destinationNames))
      return nil
    }
    return message(for: kind, reader, digest).map { .send(destination: name, kind: kind, body: $0) }
  }

  /// For which type of destination the message is made. One of the user's own stays what it was when it was written down,
  /// whatever has become of the destination since; our own words follow the destination.
  private func kind(ofDestination name: String, _ reader: ObjectReader) -> DestinationSettings.Kind? {
    let (written, current) = (place.kinds[name], rule.destinations[name]?.kind)
    guard place.isStored else { return current }
    let isOwn = reader["text"] != nil || reader["body"] != nil
    if let kind = isOwn ? written ?? current : current ?? written, kind.takesText || reader["text"] == nil {
      return kind
    }
    // An earlier version kept no types: only a chat takes a text.
    return reader["text"] == nil ? .webhook : .slack
  }

  private func message(
    for kind: DestinationSettings.Kind, _ reader: ObjectReader, _ digest: ActionOptions.Digest?
  ) -> Action.MessageTemplate? {
    let markup = kind.markup
    let scope = digest.map { TemplateScope.digest(by: $0.by) } ?? place.scope
    if let body = reader["body"] {
      if let text = reader["text"] {
        diagnostics.error(at: text.range, "\(path) has both \"text\" and \"body\"", hint: "keep one of the two")
      } else if let shape = kind.shape {
        BodyCheck(
          shape: shape, limits: kind.limits, service: kind.rawValue, path: "\(path).body", diagnostics: diagnostics
        ).check(body)
      }
      return .json(BodyTemplate(body) { template($0, at: $1, markup: markup, scope: scope) })
    }
    guard let node = reader["text"] else {
      if digest != nil { return kind.standardDigest.map { .json($0) } ?? .event }
      return kind.standardMessages.map { .standard($0) } ?? .event
    }
    guard kind.takesText else {
      diagnostics.error(
        at: node.range, "\"text\" is for chat destinations",
        hint: "a \(kind) receives the whole event, or what \"body\" says")
      return nil
    }
    guard let text = reader.text(node, path: "\(path).text") else { return nil }
    return template(text, at: node, markup: markup, scope: scope).flatMap(kind.message).map { .json($0) }
  }
}
