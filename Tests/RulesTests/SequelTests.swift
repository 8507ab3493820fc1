import JSONSource
import Runs
import Secrets
import Storage
import Testing

@testable import Rules

/// `update` and `thread` of an action: who may have them, what is planned, and the requests that follow.
@Suite struct SequelTests {
  private static let destinations = #"""
    "bot": {"type": "slack", "token": "xoxb-1234", "channel": "C1"}, "incoming": {"type": "slack", "url": "https://s.example/x"},
    "discord": {"type": "discord", "url": "https://discord.com/api/webhooks/1/x?a=b"},
    "telegram": {"type": "telegram", "token": "123456789:AAE45678901234567890123", "chat": "-100", "topic": 5},
    "matrix": {"type": "matrix", "server": "https://m.example", "token": "syt_1234", "room": "!r:m.example"},
    "ntfy": {"type": "ntfy", "topic": "runs-of-the-team"}, "web": {"type": "webhook", "url": "https://w.example/"},
    "google": {"type": "googlechat", "url": "https://chat.googleapis.com/v1/spaces/S/messages?key=k&token=t"},
    "mattermost": {"type": "mattermost", "url": "https://c.example/hooks/1"},
    "mattermost-bot": {"type": "mattermost", "server": "https://c.example/sub/", "token": "token-of-a-bot", "channel": "c1"}
    """#

  private static func read(_ action: String, on: String = #""any""#) -> (file: RuleFile?, problems: [Diagnostic]) {
    let text = """
      {"version": 1, "destinations": {\(destinations)}, "rules": [{"name": "r", "on": \(on), "actions": [\(action)]}]}
      """
    let (file, problems) = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:]))
    return (file, problems.filter { $0.severity == .error })
  }

  private func planned(_ action: String, flow: String = "detector") throws -> PlannedDelivery? {
    let (file, problems) = Self.read(action)
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"\#(flow)"}}"#, message: "no disk")
    return try RuleSet(#require(file, "\(problems)")).deliveries(for: event).first
  }

  /// - Parameter sequel: what the message continues.
  private func request(to name: String, _ sequel: OutgoingSequel, action: String? = nil) throws -> OutgoingRequest {
    let (file, problems) = Self.read(action ?? #"{"send": "\#(name)"}"#)
    let destination = try #require(file?.destinations.first { $0.name == name }, "\(problems)")
    let event = try RunEvent.of("Failed", message: "no disk")
    let rules = try RuleSet(#require(file))
    let planned = try #require(rules.deliveries(for: event).first)
    guard case .delivery(.body(let body)) = planned.content else { throw NotHTTP() }
    let make = try destination.requestMaker(ReferenceResolver(SecretSource(environment: [:])))
    var message = OutgoingMessage(id: "msg_1", run: "run_1", event: [], body: body, time: 0)
    message.sequel = sequel
    guard case .http(let request) = make(message) else { throw NotHTTP() }
    return request
  }

  private struct NotHTTP: Error {}

  private func name(_ json: String) -> [UInt8] { Array(json.utf8) }

  private func body(_ request: OutgoingRequest) throws -> JSONNode { try JSONDocument(parsing: request.body).root }

  @Test func `what is planned says what it continues`() throws {
    #expect(try planned(#"{"send": "bot"}"#)?.sequel == Sequel.none)
    #expect(try planned(#"{"send": "bot", "update": true}"#)?.sequel == Sequel(updates: true))
    #expect(try planned(#"{"send": "bot", "update": false}"#)?.sequel == Sequel.none)
    #expect(
      try planned(#"{"send": "bot", "update": true, "thread": "of {{flow}}"}"#)?.sequel
        == Sequel(updates: true, thread: "of detector"))
    // Without a key there is nothing to be grouped by.
    #expect(try planned(#"{"send": "bot", "thread": "{{trainingProject}} "}"#)?.sequel == Sequel.none)
    let long = try planned(#"{"send": "bot", "thread": "{{flow}}"}"#, flow: String(repeating: "f", count: 5_000))
    #expect(long?.sequel.thread?.count == 250)
    let hostile = try planned(#"{"send": "bot", "thread": "{{flow}}"}"#, flow: #"a\u001b[31m b"#)
    #expect(hostile?.sequel.thread == "a b")
  }

  @Test func `an outage is told of by messages of their own, for no run ties them together`() throws {
    let (file, problems) = Self.read(
      #"{"send": "bot", "update": true, "thread": "source"}"#, on: #""sourceUnreachable""#)
    let event = RunEvent(
      .sourceUnreachable, since: Timestamp(milliseconds: 1), at: Timestamp(milliseconds: 2), message: "down",
      origin: .init(organization: "org", endpoint: "https://x"))
    let planned = try RuleSet(#require(file, "\(problems)")).deliveries(for: event).first
    #expect(planned?.sequel == Sequel(thread: "source"))
  }

  @Test func `what is fetched first is followed by a message that still continues, and counts what was held back`()
    throws
  {
    let (read, _) = Self.read(
      #"{"send": "bot", "include": ["logs"], "update": true, "thread": "{{flow}}", "text": "{{suppressed}} before"}"#)
    let file = try #require(read)
    let rules = try RuleSet(file)
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"f"}}"#)
    let firing = try #require(rules.firings([event]).first)
    let rule = try #require(firing.rules.first)
    let fetch = try #require(rules.deliveries(of: rule, event, firing.data.with(suppressed: 3)).first)
    let step = SettledStep(
      id: fetch.id, rule: "r", label: fetch.action, eventID: event.id, event: event.body,
      continuation: try #require(fetch.continuation))
    let message = try #require(NextSteps(file.destinations).after(step, StepResult(), error: nil).first)
    #expect(message.sequel == Sequel(updates: true, thread: "f"))
    #expect(message.content == .delivery(.body(Array(#"{"text":"3 before"}"#.utf8))))
  }

  @Test(arguments: [
    (
      #"{"send": "incoming", "update": true}"#,
      "update: messages can't be edited at a destination of type slack with a url"
    ),
    (
      #"{"send": "incoming", "thread": "x"}"#,
      "thread: messages stand in no threads at a destination of type slack with a url"
    ),
    (#"{"send": "web", "update": true}"#, "update: messages can't be edited at a destination of type webhook"),
    (
      #"{"send": "mattermost", "update": true}"#,
      "update: messages can't be edited at a destination of type mattermost with a url"
    ),
    (#"{"send": "google", "update": true}"#, "update: messages can't be edited at a destination of type googlechat"),
    (#"{"send": "ntfy", "thread": "x"}"#, "thread: messages stand in no threads at a destination of type ntfy"),
    (#"{"send": "telegram", "thread": "{{flow}}"}"#, #"thread is no number of a topic: "{{flow}}""#),
    (#"{"send": "telegram", "thread": "0"}"#, #"thread is no number of a topic: "0""#),
  ])
  func `it is refused where the service can't`(_ action: String, _ message: String) {
    #expect(Self.read(action).problems.map(\.message) == ["rules[0].actions[0].\(message)"])
  }

  @Test func `a digest isn't updated, and may stand in a thread`() throws {
    let digest = #""send": "bot", "digest": {"window": "1m", "by": ["flow"]}"#
    #expect(
      Self.read("{\(digest), \"update\": true}").problems.map(\.message)
        == ["rules[0].actions[0] is a digest, and can't be updated"])
    #expect(Self.read("{\(digest), \"update\": false}").problems.isEmpty)
    #expect(
      Self.read("{\(digest), \"thread\": \"{{runId}}\"}").problems.map(\.message) == [
        "{{runId}} differs from event to event"
      ])
    let (file, problems) = Self.read("{\(digest), \"thread\": \"{{flow}}\"}")
    let rules = try RuleSet(#require(file, "\(problems)"))
    let event = try RunEvent.of("Failed", members: #""spec":{"flow":{"name":"f"}}"#)
    let message = rules.digest(
      id: "m", rule: "r", action: "actions[0]", CollectedEvents(events: [event.body], count: 1))
    #expect(message?.sequel == Sequel(thread: "f"))
  }

  @Test(arguments: DestinationType.all) func `what its answers name can be read, where its messages can be continued`(
    type: DestinationType
  ) throws {
    guard let links = type.links else { return }
    let answers = [
      "slack": (#"{"ok":true,"channel":"C1","ts":"17.0001"}"#, #"{"channel":"C1","ts":"17.0001"}"#),
      "discord": (#"{"id":"11","channel_id":"22","content":"x"}"#, #"{"id":"11","channel_id":"22"}"#),
      "telegram": (#"{"ok":true,"result":{"message_id":7}}"#, #"{"message_id":7}"#),
      "matrix": (#"{"event_id":"$e"}"#, #"{"event_id":"$e"}"#), "ntfy": ("", "{}"), "googlechat": ("", "{}"),
      "mattermost": (#"{"id":"17.0001","message":"x"}"#, #"{"id":"17.0001"}"#),
    ]
    let (answer, expected) = try #require(answers[type.rawValue])
    #expect(links.name(in: ServiceAnswer(status: 200, body: Array(answer.utf8))) == Array(expected.utf8))
    guard links.updates || links.threads == .ofFirst, type.rawValue != "ntfy" else { return }
    for broken in ["", "ok", "{", "[]", answer.replacing("\"1", with: "null, \"1").replacing(":7", with: ":null")] {
      let name = links.name(in: ServiceAnswer(status: 200, body: Array(broken.utf8)))
      #expect(name == nil || name == Array(expected.utf8), "\(broken)")
    }
    let long = answer.replacing("17.0001", with: long).replacing(":7", with: ":\"\(long)\"").replacing("$e", with: long)
    #expect(type.rawValue == "discord" || links.name(in: ServiceAnswer(status: 200, body: Array(long.utf8))) == nil)
  }

  @Test func `a bot of Mattermost posts, and edits its post`() throws {
    let post = try request(to: "mattermost-bot", OutgoingSequel())
    #expect(post.url == "https://c.example/sub/api/v4/posts" && post.method == "POST")
    #expect(post.headers.contains { $0 == ("Authorization", "Bearer token-of-a-bot") })
    #expect(try body(post)["channel_id"]?.string == "c1")
    #expect(try body(post)["props"]?["attachments"]?.elements?.count == 1)
    let id = "abcdefghij0123456789abcdef"
    let edit = try request(to: "mattermost-bot", OutgoingSequel(edits: name(#"{"id":"\#(id)"}"#)))
    #expect(edit.url == "https://c.example/sub/api/v4/posts/\(id)/patch" && edit.method == "PUT")
    #expect(try body(edit)["channel_id"] == nil)
    #expect(try body(edit)["message"]?.string == "")
    let text = try request(
      to: "mattermost-bot", OutgoingSequel(), action: #"{"send": "mattermost-bot", "text": "{{phase}} now"}"#)
    #expect(try body(text)["message"]?.string == "failed now")
    // What isn't the id of a post never becomes a part of an address.
    let odd = try request(to: "mattermost-bot", OutgoingSequel(edits: name(#"{"id":"../users/me/abcdefghijkl"}"#)))
    #expect(odd.url == "https://c.example/sub/api/v4/posts")
  }

  private var long: String { String(repeating: "1", count: 600) }

  @Test(arguments: [
    ("slack", 200, #"{"ok":false,"error":"message_not_found"}"#),
    ("slack", 200, #"{"ok":false,"error":"edit_window_closed"}"#),
    ("discord", 404, #"{"message":"Unknown Message","code":10008}"#),
    ("discord", 404, #"{"message":"Unknown Channel","code":10003}"#),
    ("telegram", 400, #"{"ok":false,"error_code":400,"description":"Bad Request: message to edit not found"}"#),
    ("telegram", 400, #"{"ok":false,"error_code":400,"description":"Bad Request: message can't be edited"}"#),
    ("matrix", 400, #"{"errcode":"M_UNKNOWN","error":"Can't send relation to unknown event"}"#),
  ])
  func `an answer that says that the message is gone is believed where one was named`(
    _ type: String, _ status: Int, _ body: String
  ) throws {
    let answers = try #require(DestinationType(rawValue: type)).answers
    let answer = ServiceAnswer(status: status, body: Array(body.utf8))
    #expect(answers.reading(of: answer, namesOthers: true).meaning == .vanished)
    #expect(answers.reading(of: answer).meaning != .vanished)
  }

  @Test func `a webhook of Discord's that is gone is not a message that is gone`() throws {
    let answers = try #require(DestinationType(rawValue: "discord")).answers
    let answer = ServiceAnswer(status: 404, body: Array(#"{"message":"Unknown Webhook","code":10015}"#.utf8))
    #expect(answers.reading(of: answer, namesOthers: true).meaning == .stops)
    let same = try #require(DestinationType(rawValue: "telegram")).answers
    let unchanged = ServiceAnswer(
      status: 400, body: Array(#"{"ok":false,"description":"message is not modified"}"#.utf8))
    #expect(same.reading(of: unchanged, namesOthers: true).meaning == .delivered)
  }

  @Test func `Slack's message is changed by chat.update, with what it had beside its text taken away`() throws {
    let edit = try request(to: "bot", OutgoingSequel(edits: name(#"{"channel":"C9","ts":"17.1"}"#), thread: "t"))
    #expect(edit.url == "https://slack.com/api/chat.update" && edit.method == "POST")
    let root = try body(edit)
    #expect(root["channel"]?.string == "C9" && root["ts"]?.string == "17.1")
    #expect(root["blocks"]?.elements?.isEmpty == true && root["thread_ts"] == nil)
    #expect(root["text"]?.string?.contains("failed") == true)
    let long = try request(
      to: "bot", OutgoingSequel(edits: name(#"{"channel":"C9","ts":"17.1"}"#)),
      action: #"{"send": "bot", "text": "```\#(String(repeating: "&lt;", count: 3_000))"}"#)
    #expect(try body(long)["text"]?.string?.utf16.count ?? 0 <= 4_000)
    #expect(try body(long)["text"]?.string?.hasSuffix("&lt;…\n```") == true)
    let blocks = try request(
      to: "bot", OutgoingSequel(edits: name(#"{"channel":"C9","ts":"17.1"}"#)),
      action: #"{"send": "bot", "body": {"blocks": [{"type": "divider"}], "text": "x"}}"#)
    #expect(try body(blocks)["blocks"]?.elements?.count == 1)
  }

  @Test func `Slack's thread is the first message's`() throws {
    let first = try request(to: "bot", OutgoingSequel(thread: "t"))
    #expect(try body(first)["thread_ts"] == nil)
    let answer = try request(to: "bot", OutgoingSequel(thread: "t", first: name(#"{"channel":"C1","ts":"17.1"}"#)))
    #expect(answer.url == "https://slack.com/api/chat.postMessage")
    #expect(try body(answer)["thread_ts"]?.string == "17.1")
  }

  @Test func `Discord's message is changed where it stands`() throws {
    let reference = name(#"{"id":"111111111111111111","channel_id":"222222222222222222"}"#)
    let edit = try request(to: "discord", OutgoingSequel(edits: reference))
    #expect(edit.method == "PATCH")
    #expect(edit.url == "https://discord.com/api/webhooks/1/x/messages/111111111111111111?a=b")
    let inThread = try request(to: "discord", OutgoingSequel(edits: reference, thread: "t"))
    #expect(inThread.url.hasSuffix("/messages/111111111111111111?a=b&thread_id=222222222222222222"))
  }

  @Test func `Discord's thread is made by its name, and known by its id`() throws {
    let first = try request(to: "discord", OutgoingSequel(thread: String(repeating: "t", count: 200)))
    #expect(first.url == "https://discord.com/api/webhooks/1/x?a=b&wait=true")
    #expect(try body(first)["thread_name"]?.string?.count == 100)
    let reference = name(#"{"id":"111111111111111111","channel_id":"222222222222222222"}"#)
    let next = try request(to: "discord", OutgoingSequel(thread: "t", first: reference))
    #expect(next.url.hasSuffix("?a=b&wait=true&thread_id=222222222222222222"))
    #expect(try body(next)["thread_name"] == nil)
    let fixed = try request(to: "discord", OutgoingSequel(thread: "333333333333333333"))
    #expect(fixed.url.hasSuffix("&thread_id=333333333333333333"))
    #expect(try body(fixed)["thread_name"] == nil)
    // Nothing but a number goes into an address.
    let strange = name(#"{"id":"1/../../x","channel_id":"2&wait=false"}"#)
    let posted = try request(to: "discord", OutgoingSequel(edits: strange, thread: "t", first: strange))
    #expect(posted.url == "https://discord.com/api/webhooks/1/x?a=b&wait=true")
  }

  @Test func `Telegram's message is changed by its number, and a topic is one`() throws {
    let edit = try request(to: "telegram", OutgoingSequel(edits: name(#"{"message_id":7}"#), thread: "9"))
    #expect(edit.url.hasSuffix("/editMessageText"))
    let root = try body(edit)
    #expect(root["message_id"]?.integer == 7 && root["chat_id"]?.string == "-100" && root["message_thread_id"] == nil)
    #expect(try body(request(to: "telegram", OutgoingSequel(thread: "9")))["message_thread_id"]?.integer == 9)
    #expect(try body(request(to: "telegram", OutgoingSequel()))["message_thread_id"]?.integer == 5)
  }

  @Test func `an edit in Matrix is an event that replaces the first`() throws {
    let edit = try request(to: "matrix", OutgoingSequel(edits: name(#"{"event_id":"$e"}"#)))
    #expect(edit.url.hasSuffix("/send/m.room.message/msg_1") && edit.method == "PUT")
    let root = try body(edit)
    #expect(root["m.relates_to"]?["rel_type"]?.string == "m.replace")
    #expect(root["m.relates_to"]?["event_id"]?.string == "$e")
    #expect(root["m.new_content"]?["formatted_body"]?.string?.contains("failed") == true)
    #expect(root["body"]?.string?.hasPrefix("* ") == true && root["msgtype"]?.string == "m.notice")
  }

  @Test func `ntfy is told by which id messages take each other's place, and Google Chat the key of the thread`() throws
  {
    #expect(try body(request(to: "ntfy", OutgoingSequel(series: "ab12")))["sequence_id"]?.string == "ab12")
    #expect(try body(request(to: "ntfy", OutgoingSequel()))["sequence_id"] == nil)
    let threaded = try request(to: "google", OutgoingSequel(thread: "a b"))
    #expect(threaded.url.hasSuffix("&token=t&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"))
    #expect(try body(threaded)["thread"]?["threadKey"]?.string == "a b")
    #expect(try request(to: "google", OutgoingSequel()).url.hasSuffix("&token=t"))
  }
}
