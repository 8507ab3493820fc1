import JSONSource
import Runs
import Secrets
import Testing

@testable import Rules

@Suite struct AWSTests {
  private static let secrets = SecretSource(environment: [
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
    "AWS_SESSION_TOKEN": "s3ss10nt0ken",
  ])
  private static let keys = #""accessKey": "${env:AWS_ACCESS_KEY_ID}", "secretKey": "${env:AWS_SECRET_ACCESS_KEY}""#

  private func read(_ fields: String) -> (file: RuleFile?, problems: [String]) {
    let text = """
      {"version": 1, "destinations": {"d": {\(fields), \(Self.keys)}},
       "rules": [{"name": "r", "on": "any", "actions": [{"send": "d"}]}]}
      """
    let (file, problems) = RuleFile.read(Array(text.utf8), secrets: Self.secrets)
    return (file, problems.map(\.message))
  }

  private struct Wrong: Error {}

  private func request(
    _ fields: String, body: String? = nil, event: String? = nil
  ) throws -> OutgoingRequest {
    let (file, problems) = read(fields)
    let destination = try #require(file?.destinations.first, "\(problems)")
    let event = try event.map { Array($0.utf8) } ?? RunEvent.of("Failed", message: "no disk").body
    let make = try destination.requestMaker(ReferenceResolver(Self.secrets))
    let message = OutgoingMessage(
      id: "msg_1", run: "run_1", event: event, body: body.map { Array($0.utf8) }, time: 1_800_000_000)
    guard case .http(let request) = make(message) else { throw Wrong() }
    return request
  }

  private func text(_ request: OutgoingRequest) -> String { String(decoding: request.body, as: UTF8.self) }

  @Test func `a queue's message is signed for its region and goes to its host`() throws {
    let queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/runs"
    let request = try request(#""type": "aws-sqs", "queue": "\#(queue)""#, body: #"{"a":1}"#)
    #expect(request.url.hasSuffix("//sqs.eu-central-1.amazonaws.com:443/"))
    #expect(request.headers.map(\.value) == ["AmazonSQS.SendMessage"])
    #expect(request.contentType == "application/x-amz-json-1.0")
    #expect(text(request) == #"{"QueueUrl":"\#(queue)","MessageBody":"{\"a\":1}"}"#)
    let signature = try #require(request.signature)
    #expect((signature.region, signature.service) == ("eu-central-1", "sqs"))
    #expect((signature.accessKey, signature.secretKey) == ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG"))
    #expect(signature.sessionToken == nil)
  }

  @Test func `a FIFO queue gets the run as group and the delivery's id against repeats`() throws {
    let request = try request(
      #""type": "aws-sqs", "queue": "https://sqs.eu-west-1.amazonaws.com/1/runs.fifo""#, body: #""plain""#)
    #expect(
      text(request).hasSuffix(#""MessageBody":"plain","MessageGroupId":"run_1","MessageDeduplicationId":"msg_1"}"#))
    let topic = try self.request(#""type": "aws-sns", "topic": "arn:aws:sns:eu-west-1:1:runs.fifo""#, body: "{}")
    #expect(text(topic).hasSuffix("&Message=%7B%7D&MessageGroupId=run_1&MessageDeduplicationId=msg_1"))
  }

  @Test func `a topic's message is a form`() throws {
    let request = try request(
      #""type": "aws-sns", "topic": "arn:aws:sns:cn-north-1:1:runs", "sessionToken": "${env:AWS_SESSION_TOKEN}""#,
      body: #""a b&c=d é""#)
    #expect(request.url == "https://sns.cn-north-1.amazonaws.com.cn/")
    #expect(
      text(request)
        == "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Acn-north-1%3A1%3Aruns&Message=a%20b%26c%3Dd%20%C3%A9"
    )
    #expect(request.signature?.sessionToken == "s3ss10nt0ken")
  }

  @Test func `a bus gets the data of the event, with ids by which a repeat is known`() throws {
    let request = try request(#""type": "aws-eventbridge", "region": "eu-central-1""#)
    #expect(request.url == "https://events.eu-central-1.amazonaws.com/")
    let entry = try #require(JSONDocument(parsing: request.body).root["Entries"]?.elements?.first)
    #expect(entry["Source"]?.string == "vi-notify" && entry["EventBusName"]?.string == "default")
    #expect(entry["DetailType"]?.string == "com.datature.vi.run.failed")
    let detail = try JSONDocument(parsing: Array(try #require(entry["Detail"]?.string).utf8)).root
    #expect(detail["deliveryId"]?.string == "msg_1" && detail["phase"]?.string == "failed")
    #expect(detail["eventId"]?.string?.hasPrefix("evt_") == true)
    let list = try self.request(#""type": "aws-eventbridge", "region": "eu-central-1""#, body: "[1]")
    #expect(text(list).contains(#"\"message\":[1]"#))
  }

  @Test func `what is too long is cut where nobody misses it most`() throws {
    let run = String(repeating: "x", count: 300_000)
    let event = #"{"id":"evt_1","type":"t","data":{"runId":"run_1","message":"short","run":{"spec":"\#(run)"}}}"#
    let queue = #""type": "aws-sqs", "queue": "https://sqs.eu-west-1.amazonaws.com/1/runs""#
    let first = try JSONDocument(parsing: request(queue, event: event).body).root["MessageBody"]?.string
    #expect(first == #"{"id":"evt_1","type":"t","data":{"runId":"run_1","message":"short"}}"#)
    for unit in ["y", "\\n", "é", "\\u0001"] {
      let long = String(repeating: unit, count: 300_000)
      let body = #"{"runId":"run_1","message":"\#(long)"}"#
      let cut = try #require(JSONDocument(parsing: request(queue, body: body).body).root["MessageBody"]?.string)
      #expect(cut.utf8.count <= 262_144 && cut.utf8.count > 200_000, "\(unit): \(cut.utf8.count)")
      let root = try JSONDocument(parsing: Array(cut.utf8)).root
      #expect(root["runId"]?.string == "run_1" && root["message"]?.string?.hasSuffix("…") == true)
    }
  }

  @Test func `a region is said once`() {
    #expect(read(#""type": "aws-eventbridge""#).problems == [#"destinations.d needs "region""#])
    #expect(
      read(#""type": "aws-eventbridge", "region": "Frankfurt""#).problems
        == [#"destinations.d.region is no region: "Frankfurt""#])
    #expect(
      read(#""type": "aws-sqs", "queue": "https://queue.example.com/1/runs""#).problems
        == [#"destinations.d needs "region", for "queue" doesn't say one"#])
    #expect(
      read(#""type": "aws-sns", "topic": "runs""#).problems == [#"destinations.d.topic is no ARN of a topic: "runs""#])
    #expect(
      read(#""type": "aws-eventbridge", "region": "eu-west-1", "source": "aws.mine""#).problems
        == [#"destinations.d.source begins with "aws.", which is for AWS alone"#])
  }

  @Test(arguments: [
    ("aws-eventbridge", 200, #"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#, AnswerTable.Meaning.delivered),
    (
      "aws-eventbridge", 200, #"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException"}]}"#,
      .repeatedLater(.rateLimited)
    ),
    (
      "aws-eventbridge", 200, #"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure"}]}"#,
      .repeated(.serverError)
    ),
    (
      "aws-eventbridge", 200, #"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail"}]}"#,
      .final(.clientError)
    ),
    ("aws-eventbridge", 200, "", .repeated(.badAnswer)),
    ("aws-sqs", 200, "{}", .delivered),
    ("aws-sqs", 400, #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"x"}"#, .stops),
    ("aws-sqs", 400, #"{"__type":"com.amazon.coral.availability#ThrottlingException"}"#, .repeatedLater(.rateLimited)),
    ("aws-sqs", 403, #"{"__type":"com.amazon.coral.service#ExpiredTokenException"}"#, .repeated(.unauthorized)),
    ("aws-sqs", 400, #"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#, .final(.unauthorized)),
    ("aws-sns", 404, "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>", .stops),
    ("aws-sns", 503, "", .repeatedLater(.serverError)),
  ]) func `an answer means what AWS says it means`(
    type: String, status: Int, body: String, meaning: AnswerTable.Meaning
  )
    throws
  {
    let type = try #require(DestinationType(rawValue: type))
    #expect(type.answers.reading(of: ServiceAnswer(status: status, body: Array(body.utf8))).meaning == meaning)
  }
}
