internal import HTTPSyntax
internal import JSONSource
internal import Secrets

/// A queue of Amazon SQS.
struct SQS: AWSDestination {
  static let type = "aws-sqs"
  static let says = "A queue of Amazon SQS: the event, or the `body`, as the message."
  static let service = "sqs"

  var queue = ReferenceText.nowhere
  var access = AWSAccess()

  init() {}

  static let fields: [Field<SQS>] =
    [
      Field(
        "queue", .url(as: .endpoint), to: \.queue, isRequired: true,
        example: #""https://sqs.eu-central-1.amazonaws.com/123456789012/runs""#,
        "The queue's URL. In a FIFO queue the run is the group, and a repeat is recognised.")
    ] + keyFields + placeFields("The queue's region; without it, what its URL says.")

  /// Of the queue's URL the part before its path, which is no secret, as a chat's is.
  var address: (field: String, url: ReferenceText)? {
    if let endpoint = access.endpoint { return ("endpoint", endpoint) }
    let origin = queue.source.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
    return (try? ReferenceText(origin.joined(separator: "/"))).map { ("queue", $0) }
  }

  func check(_ object: ObjectReader, _ context: FieldContext) {
    guard object["queue"] != nil else { return }
    checkRegion(object, context, "queue", context.plain(queue, as: .endpoint))
  }

  /// `sqs.REGION.amazonaws.com`, and `REGION.queue.amazonaws.com` of old.
  func region(in text: String) -> String? {
    guard let labels = (try? HTTPURL(text))?.host.split(separator: "."), labels.contains("amazonaws") else {
      return nil
    }
    if labels.first == "sqs" { return String(labels[1]) }
    return labels.count > 1 && labels[1] == "queue" ? String(labels[0]) : nil
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let queue = try secrets.text(queue, as: .endpoint)
    var signed = self
    // Requests go to the host of the queue's URL, whose path is a member of theirs.
    if access.endpoint == nil, let origin = (try? HTTPURL(queue))?.origin {
      signed.access.endpoint = try ReferenceText(origin)
    }
    let make = try signed.sign(secrets, place: queue)
    return { message in
      let body = JSONWriter.object { json in
        json.member("QueueUrl", queue)
        json.member("MessageBody", message.awsText)
        if queue.hasSuffix(".fifo") {
          json.member("MessageGroupId", message.groupID)
          json.member("MessageDeduplicationId", message.id)
        }
      }
      var request = make(body, "application/x-amz-json-1.0")
      request.headers = [("X-Amz-Target", "AmazonSQS.SendMessage")]
      return .http(request)
    }
  }

  func identity(_ secrets: SecretSource) -> [String] { identity(of: queue, secrets) }

  static let answers = AnswerTable.aws
}
