internal import JSONSource
internal import Runs
internal import Secrets

extension RuleFileReader {
  func destinations(_ node: JSONNode?) -> [String: DestinationSettings] {
    guard let node else { return [:] }
    guard let members = node.members else {
      if case .invalid = node.content { return [:] }
      diagnostics.error(at: node.range, "destinations must be an object of destinations by name, and is \(node.kind)")
      return [:]
    }
    var found: [String: DestinationSettings] = [:]
    for member in members {
      guard isName(member.key) else {
        diagnostics.error(
          at: member.keyRange, "\(member.key.prefix(60).debugDescription) is no name for a destination",
          hint: "1 to 60 letters, digits, - and _; \"hook\" and \"download\" are taken by the actions of these names")
        continue
      }
      if let destination = destination(member) { found[member.key] = destination }
    }
    return found
  }

  private func isName(_ text: String) -> Bool {
    Run.isValid(id: text) && text.utf8.count <= 60 && !PlannedDelivery.reserved.contains(text)
  }

  private func destination(_ member: JSONMember) -> DestinationSettings? {
    let known =
      ["type", "url", "secret", "headers", "timeout", "retryFor", "concurrency", "rateLimit", "format", "quiet"]
      + Self.connectionFields
    let path = "destinations.\(member.key)"
    guard let reader = ObjectReader(member.value, path: path, known: known, diagnostics) else { return nil }
    let kind = self.kind(reader)
    let url = reader.required("url").flatMap { self.url($0, path: "\(path).url", as: kind?.urlField ?? .chatURL) }
    // All of it is read before any of it is given up, so that every mistake is told.
    let secrets = self.secrets(reader, kind)
    let headers = self.headers(reader["headers"], path: path)
    let rateLimit = FieldType.rateLimit.read(reader, "rateLimit", self)
    let connection = self.connection(reader)
    if let url, let node = reader["url"] { checkAddress(url, connection, at: node, path: "\(path).url") }
    let quiet = FieldType.quiet.read(reader, "quiet", self)
    guard let kind, let url else { return nil }
    var settings = DestinationSettings(
      name: member.key, kind: kind, url: url, secrets: secrets, headers: headers, connection: connection)
    if let timeout = reader.duration("timeout", in: .milliseconds(100)...(.seconds(600))) { settings.timeout = timeout }
    if let retryFor = reader.duration("retryFor", in: .zero...(.seconds(30 * 86_400))) { settings.retryFor = retryFor }
    if let concurrency = reader.integer("concurrency", in: 1...64) { settings.concurrency = Int(concurrency) }
    settings.rateLimit = rateLimit ?? kind.usualRateLimit
    settings.format = format(reader, kind) ?? .structured
    settings.quiet = quiet
    return settings
  }

  private func format(_ reader: ObjectReader, _ kind: DestinationSettings.Kind) -> DestinationSettings.Format? {
    guard let node = reader["format"], let text = reader.text(node, path: reader.pathOf("format")) else { return nil }
    guard kind == .webhook else {
      diagnostics.error(
        at: node.range, "\(reader.pathOf("format")) is for destinations of type webhook", hint: "remove it")
      return nil
    }
    if let format = DestinationSettings.Format(rawValue: text) { return format }
    diagnostics.error(
      at: node.range, "unknown format \(text.prefix(40).debugDescription)",
      hint: hint(for: text, among: DestinationSettings.Format.allCases.map(\.rawValue)))
    return nil
  }

  private func kind(_ reader: ObjectReader) -> DestinationSettings.Kind? {
    guard let node = reader.required("type"), let text = reader.text(node, path: reader.pathOf("type")) else {
      return nil
    }
    if let kind = DestinationSettings.Kind(rawValue: text) { return kind }
    let known = DestinationSettings.Kind.allCases.map(\.rawValue)
    diagnostics.error(
      at: node.range, "unknown type of destination \(text.prefix(40).debugDescription)",
      hint: hint(for: text, among: known))
    return nil
  }

  private func secrets(_ reader: ObjectReader, _ kind: DestinationSettings.Kind?) -> [ReferenceText] {
    let nodes = reader.list("secret")
    if let first = nodes.first, let kind, kind != .webhook {
      diagnostics.error(
        at: first.range, "\(reader.pathOf("secret")) is for destinations of type webhook", hint: "remove it")
      return []
    }
    return nodes.compactMap { node -> ReferenceText? in
      guard let (text, value) = resolved(node, path: reader.pathOf("secret"), as: .credential) else { return nil }
      if !text.hasReferences {
        diagnostics.warning(
          at: node.range, "a secret stands in the file itself", hint: "write ${env:NAME} or ${file:/path} instead")
      }
      do throws(SigningKeyError) {
        if try SigningKey(value).kind == .ed25519Public {
          diagnostics.error(
            at: node.range, "\(reader.pathOf("secret")) is a public key, which can't sign",
            hint: "name the secret that belongs to it, which begins with whsk_")
        }
      } catch {
        diagnostics.error(at: node.range, "\(reader.pathOf("secret")): \(error)", hint: error.hint)
      }
      return text
    }
  }
}
