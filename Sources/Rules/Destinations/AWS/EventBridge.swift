internal import JSONSource
internal import Secrets

/// A bus of Amazon EventBridge.
struct EventBridge: AWSDestination {
  static let type = "aws-eventbridge"
  static let says = "A bus of Amazon EventBridge: the event's data, or the `body`, as the detail."
  static let service = "events"

  var bus = ReferenceText.standardBus
  var source = "vi-notify"
  var access = AWSAccess()

  init() {}

  static let fields: [Field<EventBridge>] =
    keyFields + [
      Field(
        "bus", .reference(as: .plain), to: \.bus, default: #""default""#,
        example: #""arn:aws:events:eu-central-1:123456789012:event-bus/runs""#, "The bus, by its name or ARN."),
      Field(
        "source", .filled, to: \.source, default: #""vi-notify""#, example: #""com.example.training""#,
        "What rules of the bus know the events by. The detail type is the event's type, such as `com.datature.vi.run.failed`."
      ),
    ] + placeFields(isRequired: true, "The bus's region.")

  var address: (field: String, url: ReferenceText)? { access.endpoint.map { ("endpoint", $0) } }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    if let node = object["source"], source.lowercased().hasPrefix("aws.") {
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("source")) begins with \"aws.\", which is for AWS alone",
        hint: "choose another")
    }
    checkRegion(object, context, "bus", nil)
  }

  /// It is a field of its own.
  func region(in text: String) -> String? { nil }

  /// An event has no detail type without it.
  static let needsEvent = true

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let bus = try secrets.text(bus, as: .plain)
    let make = try sign(secrets, place: bus)
    return { [source] message in
      let entry = JSONWriter.object { json in
        json.member("Source", source)
        json.member("DetailType", message.event.text("type") ?? "com.datature.vi.message")
        json.member("Detail", String(decoding: Self.detail(message), as: UTF8.self))
        json.member("EventBusName", bus)
      }
      let body = JSONWriter.object { $0.member("Entries", raw: [0x5B] + entry + [0x5D]) }
      var request = make(body, "application/x-amz-json-1.1")
      request.headers = [("X-Amz-Target", "AWSEvents.PutEvents")]
      return .http(request)
    }
  }

  /// An object, with the ids by which a receiver recognises a repeat: EventBridge doesn't.
  private static func detail(_ message: OutgoingMessage) -> [UInt8] {
    var detail = message.body ?? data(of: message.event)
    if (try? JSONDocument(parsing: detail).root.members) == nil {
      detail = JSONWriter.object { $0.member("message", raw: detail) }
    }
    var ids = [(name: "deliveryId", json: [UInt8].json(message.id))]
    if let id = message.event.text("id") { ids.append((name: "eventId", json: .json(id))) }
    return detail.adding(ids).cut(to: AWSLimit.message - besideDetail)
  }

  /// Bytes for the other members of an entry.
  private static let besideDetail = 2_000

  private static func data(of event: [UInt8]) -> [UInt8] {
    guard let document = try? JSONDocument(parsing: event), let data = document.root["data"] else { return event }
    return Array(document.raw(data))
  }

  func identity(_ secrets: SecretSource) -> [String] { identity(of: bus, secrets) }

  /// PutEvents answers 200, and says in the body whether it took the event.
  static let answers = AnswerTable(
    [
      .init(statuses: [200...299], body: .members([("FailedEntryCount", "0")]), meaning: .delivered),
      .init(statuses: [200...299], body: .phrase(["Throttl"]), meaning: .repeatedLater(.rateLimited)),
      .init(
        statuses: [200...299], body: .phrase(["InternalFailure", "InternalException", "ServiceUnavailable"]),
        meaning: .repeated(.serverError)),
      .init(statuses: [200...299], body: .phrase(["AccessDenied", "NotAuthorized"]), meaning: .final(.unauthorized)),
      .init(statuses: [200...299], body: .phrase([#""FailedEntryCount""#]), meaning: .final(.clientError)),
      .init(statuses: [200...299], meaning: .repeated(.badAnswer), note: " without a FailedEntryCount"),
    ] + AnswerTable.rowsOfAWS, otherwise: .webhook, named: "webhook",
    says: ["Entries.0.ErrorMessage", "message", "Message"])
  static let answerPatience: Duration? = nil
}

extension ReferenceText {
  fileprivate static let standardBus = (try? ReferenceText("default")) ?? .nowhere
}
