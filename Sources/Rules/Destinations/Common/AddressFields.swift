internal import HTTPSyntax
internal import JSONSource
internal import Secrets

/// Where requests go and which headers they have. What passes here can be sent: the same code looks at it before a request
/// leaves.
extension FieldContext {
  func url(_ node: JSONNode, path: String, as field: SecretField) -> ReferenceText? {
    if let text = unresolved(node, as: field) { return isTemplate(node, path: path, hint: Self.wayOut) ? nil : text }
    // Now, and not when it is first used, it is known what of it is secret: another destination may say it before that.
    guard let (text, value) = resolved(node, path: path, as: field), !isTemplate(node, path: path, hint: Self.wayOut)
    else { return nil }
    if let problem = problem(ofURL: value.revealed) {
      // Where its host ends is not known: none of it is shown.
      diagnostics.mask(node.range, with: "•••")
      diagnostics.error(at: node.range, "\(path) \(problem)", hint: "a URL looks like https://hooks.example.com/path")
      return nil
    }
    return text
  }

  private static let wayOut = "write what changes from run to run into \"body\""

  /// What is wrong with a URL, told without showing it.
  private func problem(ofURL url: String) -> String? {
    guard ["https://", "http://"].contains(where: url.lowercased().hasPrefix) else {
      return URLProblem.scheme.description
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return URLProblem.character.description }
    // Many a server forgives an empty host and a user that is none; what libcurl makes of it would surprise.
    let authority = url.drop { $0 != "/" }.dropFirst(2).prefix { !"/?#".contains($0) }
    if authority.contains("@") { return "holds a user name or password; use the header Authorization" }
    if authority.isEmpty || authority.hasPrefix(":") { return URLProblem.noHost.description }
    do throws(URLProblem) {
      _ = try HTTPURL(url)
    } catch {
      return error.description
    }
    return url.contains("{{") ? "holds a template, and templates are for messages" : nil
  }

  /// Tags go out as they stand where nothing is put in their place. Reported, when there are some.
  func isTemplate(_ node: JSONNode, path: String, hint: String) -> Bool {
    guard let text = node.string, text.contains("{{") else { return false }
    diagnostics.error(at: node.range, "\(path) holds a template, and templates are for messages", hint: hint)
    return true
  }

  /// An address that is written out can be judged before anything is sent; where a name leads is seen when it is used.
  func checkAddress(
    _ url: ReferenceText, _ http: HTTPSettings, at node: JSONNode, path: String
  ) {
    guard looksUp, let value = try? secrets.resolvePlain(url),
      let address = machine.forbiddenAddress(value, http.allowsPrivate)
    else { return }
    diagnostics.error(
      at: node.range, "\(path) leads to \(address), where nothing is sent to",
      hint: http.allowsPrivate
        ? "link-local addresses and the metadata services of clouds are out of reach" : "remove \"allowPrivate\": false"
    )
  }

  func checkEndpoint(_ endpoint: ReferenceText, at node: JSONNode) {
    guard looksUp, let value = try? secrets.resolvePlain(endpoint) else { return }
    do throws(URLProblem) {
      _ = try HTTPURL(value)
    } catch {
      diagnostics.error(
        at: node.range, "source.endpoint \(error)", hint: "a URL looks like https://api.vi.datature.com")
    }
  }

  /// Ours to set; a second value from the file would contradict them.
  private static let reservedHeaders =
    HTTPHeader.ofTransport + ["host", "webhook-id", "webhook-timestamp", "webhook-signature"]

  func headers(_ node: JSONNode, path: String) -> [HTTPSettings.Header] {
    guard let members = node.members else {
      diagnostics.error(at: node.range, "\(path) must be an object, and is \(node.kind)")
      return []
    }
    return members.compactMap { member -> HTTPSettings.Header? in
      let path = "\(path).\(member.key)"
      guard HTTPHeader.isToken(member.key) else {
        diagnostics.error(at: member.keyRange, "\(member.key.prefix(60).debugDescription) is no name for a header")
        return nil
      }
      guard !Self.reservedHeaders.contains(member.key.lowercased()) else {
        diagnostics.error(at: member.keyRange, "the header \(member.key) is set by vi-notify itself", hint: "remove it")
        return nil
      }
      if let text = unresolved(member.value, as: .header(name: member.key)) {
        return HTTPSettings.Header(name: member.key, value: text)
      }
      guard let (text, value) = resolved(member.value, path: path, as: .header(name: member.key)),
        !isTemplate(member.value, path: path, hint: Self.wayOut)
      else { return nil }
      // A tab could be sent, and is most likely a slip.
      guard HTTPHeader.isValue(value.revealed), !value.revealed.utf8.contains(0x09) else {
        let problem = secrets.problem(sending: text, as: .header(name: member.key))
        diagnostics.error(
          at: member.value.range, "\(path) can't be sent: \(problem ?? "it holds a line break or control character")")
        return nil
      }
      return HTTPSettings.Header(name: member.key, value: text)
    }
  }
}

extension FieldType where Value == ReferenceText {
  /// A URL of HTTP, which may hold references.
  ///
  /// - Parameter secrecy: how much of it is a secret.
  static func url(as secrecy: SecretField) -> FieldType {
    .own(["$ref": .text("#/$defs/url")]) { node, path, context in context.url(node, path: path, as: secrecy) }
  }
}

extension FieldType where Value == [HTTPSettings.Header] {
  static let headers = FieldType.own(Self.schema) { node, path, context in context.headers(node, path: path) }

  private static let schema: SchemaPiece = [
    "type": .text("object"), "additionalProperties": .bool(false),
    "patternProperties": .object([
      Self.name: .object([
        "type": .text("string"), "pattern": .text(#"^[^\u0000-\u001f\u007f]+$"#),
        "not": .object(["pattern": .text(#"\{\{"#)]),
      ])
    ]),
  ]

  /// A token, except for the headers that we set. JSON Schema has no case-insensitive patterns.
  private static let name: String = {
    let reserved = ["content-length", "transfer-encoding", "expect", "host"].map(caseless)
    let signed = "\(caseless("webhook"))-(\(["id", "timestamp", "signature"].map(caseless).joined(separator: "|")))"
    return "^(?!(\((reserved + [signed]).joined(separator: "|")))$)[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
  }()

  private static func caseless(_ word: String) -> String {
    word.map { $0.isLetter ? "[\($0.uppercased())\($0)]" : String($0) }.joined()
  }
}

extension ReferenceText {
  /// Stands where a required field was not read; such a destination is never used.
  static let nowhere = ReferenceText(environment: "")

  /// What it stands for, or how it is written where that can't be known.
  func identity(_ secrets: SecretSource, as field: SecretField) -> String {
    (try? secrets.resolve(self, as: field).revealed) ?? source
  }
}
