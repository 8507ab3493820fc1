internal import JSONSource
internal import Secrets

/// A topic of Amazon SNS.
struct SNS: AWSDestination {
  static let type = "aws-sns"
  static let says = "A topic of Amazon SNS: the event, or the `body`, as the message."
  static let service = "sns"

  var topic = ReferenceText.nowhere
  var access = AWSAccess()

  init() {}

  static let fields: [Field<SNS>] =
    [
      Field(
        "topic", .reference(as: .plain), to: \.topic, isRequired: true,
        example: #""arn:aws:sns:eu-central-1:123456789012:runs""#,
        "The topic's ARN. In a FIFO topic the run is the group, and a repeat is recognised.")
    ] + keyFields + placeFields("The topic's region; its ARN says it.")

  var address: (field: String, url: ReferenceText)? { access.endpoint.map { ("endpoint", $0) } }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    guard let node = object["topic"], let topic = context.plain(topic) else { return }
    guard ARN(topic)?.service == "sns" else {
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("topic")) is no ARN of a topic: \(topic.prefix(80).debugDescription)",
        hint: "one looks like arn:aws:sns:eu-central-1:123456789012:runs")
      return
    }
    checkRegion(object, context, "topic", topic)
  }

  func region(in text: String) -> String? { ARN(text)?.region }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let topic = try secrets.text(topic, as: .plain)
    let make = try sign(secrets, place: topic)
    return { message in
      var form = [("Action", "Publish"), ("Version", "2010-03-31"), ("TopicArn", topic), ("Message", message.awsText)]
      if topic.hasSuffix(".fifo") {
        form += [("MessageGroupId", message.groupID), ("MessageDeduplicationId", message.id)]
      }
      let text = form.map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
      return .http(make(Array(text.utf8), "application/x-www-form-urlencoded"))
    }
  }

  func identity(_ secrets: SecretSource) -> [String] { identity(of: topic, secrets) }

  static let answers = AnswerTable.aws
}
