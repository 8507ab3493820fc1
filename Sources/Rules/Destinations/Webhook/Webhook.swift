internal import JSONSource
internal import Runs
internal import Secrets

/// Standard Webhooks and CloudEvents: a program that wants the event as it is.
struct Webhook: Destination {
  static let type = "webhook"
  static let says = "Any HTTP endpoint: the whole event, signed as Standard Webhooks and CloudEvents say."

  /// The two modes of CloudEvents.
  enum Format: String, Sendable, CaseIterable {
    case structured = "cloudevents"
    case binary = "cloudevents-binary"
  }

  var url = ReferenceText.nowhere
  /// Each signs; several during a rotation.
  var secrets: [ReferenceText] = []
  var format = Format.structured

  init() {}

  static let fields: [Field<Webhook>] = [
    Field(
      "url", .url(as: .url), to: \.url, isRequired: true, example: #""https://registry.example.com/vi""#,
      "Where the events go."),
    Field(
      "secret", .signingSecrets, to: \.secrets, example: #""${env:WEBHOOK_SECRET}""#,
      "Signing secret of Standard Webhooks (`whsec_…`, `whsk_…` for Ed25519); a list during a rotation."),
    Field(
      "format", .word("format"), to: \.format, default: #""cloudevents""#, example: #""cloudevents-binary""#,
      "CloudEvents' structured mode, or its binary mode: the data as body, the rest as `ce-` headers."),
  ]

  var address: (field: String, url: ReferenceText)? { ("url", url) }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let url = try secrets.text(url, as: .url)
    let keys = try self.secrets.map { try SigningKey(secrets.secret($0, as: .credential)) }
    let signer = keys.isEmpty ? nil : StandardWebhooks.Signer(keys)
    return { [format] message in
      var request = OutgoingRequest(url, body: message.body ?? message.event)
      if message.body == nil {
        if format == .binary, let binary = CloudEventsBinary(message.event) {
          (request.body, request.headers) = (binary.body, binary.headers)
        } else {
          request.contentType = "application/cloudevents+json; charset=UTF-8"
        }
      }
      request.headers += Self.signature(message, request.body, signer)
      return .http(request)
    }
  }

  private static func signature(
    _ message: OutgoingMessage, _ body: [UInt8], _ signer: StandardWebhooks.Signer?
  ) -> [(name: String, value: String)] {
    var headers = [(name: "webhook-id", value: message.id), (name: "webhook-timestamp", value: "\(message.time)")]
    if let signer {
      headers.append(
        ("webhook-signature", signer.signature(id: message.id, timestamp: message.time, body: body)))
    }
    return headers
  }

  func identity(_ secrets: SecretSource) -> [String] { [url.identity(secrets, as: .url)] }

  static let answers = AnswerTable.webhook
}

extension FieldType where Value == [ReferenceText] {
  /// Keys that sign: one, or a list of them.
  static let signingSecrets = FieldType(schema: ["$ref": .text("#/$defs/secrets")]) { object, key, context in
    object.list(key).compactMap { node -> ReferenceText? in
      if let text = context.unresolved(node, as: .credential) { return text }
      guard let (text, value) = context.resolved(node, path: object.pathOf(key), as: .credential) else { return nil }
      context.warnOfPlainSecret(text, at: node)
      do throws(SigningKeyError) {
        if try SigningKey(value).kind == .ed25519Public {
          context.diagnostics.error(
            at: node.range, "\(object.pathOf(key)) is a public key, which can't sign",
            hint: "name the secret that belongs to it, which begins with whsk_")
        }
      } catch {
        context.diagnostics.error(at: node.range, "\(object.pathOf(key)): \(error)", hint: error.hint)
      }
      return text
    }
  }
}
