import JSONSource
import Simulator
import Testing

/// `send-test`: one marked message through one destination, and what it answered.
@Suite(.timeLimit(.minutes(6))) struct SendTestCommandTests {
  private static let rules = """
    {"version": 1, "destinations": {
       "chat": {"type": "slack", "url": "ENDPOINT/inbox/chat-s3cretpath"},
       "discord": {"type": "discord", "url": "ENDPOINT/inbox/discord"},
       "telegram": {"type": "telegram", "token": "${env:BOT}", "chat": -100, "endpoint": "ENDPOINT/inbox"},
       "hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
     "rules": [{"name": "r", "actions": [{"send": "chat"}, {"send": "discord"}, {"send": "telegram"}, {"send": "hub"}]}]}
    """
  private static let bot = "123456789:AAEs3cretbots3cretbots3cretbot12"

  private func onBench(_ scenario: Scenario = Scenario(), _ body: (Stage) async throws -> Void) async throws {
    try await onStage(scenario, environment: ["BOT": Self.bot]) { stage in
      try stage.write(Self.rules)
      try await body(stage)
      #expect(try stage.files() == ["rules.json"], "no state is made")
    }
  }

  @Test func `what a service accepts is said to be accepted, and it says that it is a test`() async throws {
    try await onBench { stage in
      for (name, inbox) in [("chat", "chat-s3cretpath"), ("discord", "discord"), ("hub", "hub")] {
        let end = try await stage.run("send-test", name, "--rules", "rules.json")
        #expect(end.code == 0, "\(end.errors)\(end.output)")
        #expect(end.output.contains("accepted the test message: answered 200"), "\(end.output)")
        #expect(!end.output.contains("s3cretpath"))
        let request = try #require(stage.simulator.inbox(inbox).first)
        let body = String(decoding: request.body, as: UTF8.self)
        #expect(body.contains("a test message of vi-notify"), "\(body)")
        #expect(body.contains("no run has ended"), "\(body)")
      }
    }
  }

  @Test func `what a service refuses is said in words, with what to do, without a secret`() async throws {
    let no = ScriptedAnswer.status(400, body: #"{"message": "Cannot send an empty message", "code": 50006}"#)
    let scenario = Scenario(inbox: ["discord": [no, no]])
    try await onBench(scenario) { stage in
      let end = try await stage.run("send-test", "discord", "--rules", "rules.json")
      #expect(end.code == 1)
      #expect(
        end.output.hasPrefix(
          "discord (discord) did not accept the test message: answered 400: Cannot send an empty message\n"),
        "\(end.output)")
      #expect(end.output.contains("what to do: "))
      let json = try await stage.run("send-test", "discord", "--rules", "rules.json", "--output", "json")
      #expect(json.code == 1)
      let root = try JSONDocument(parsing: Array(json.output.utf8)).root
      #expect(root["accepted"]?.bool == false && root["status"]?.integer == 400)
      #expect(root["reason"]?.string == "clientError")
      let telegram = try await stage.run("send-test", "telegram", "--rules", "rules.json")
      #expect(telegram.code == 1, "the inbox says ok, and Telegram's yes is another")
      #expect(!"\(telegram.output)\(telegram.errors)".contains("s3cretbot"))
    }
  }

  @Test func `a file gets a line, and says how long it is`() async throws {
    try await onStage { stage in
      try stage.write(
        """
        {"version": 1, "destinations": {"log": {"type": "file", "path": "\(stage.path("log.jsonl"))"}},
         "rules": [{"name": "r", "actions": [{"send": "log"}]}]}
        """)
      let end = try await stage.run("send-test", "log", "--rules", "rules.json")
      #expect(end.code == 0, "\(end.errors)\(end.output)")
      #expect(end.output.contains("log (file) accepted the test message: "), "\(end.output)")
      let line = try #require(stage.read("log.jsonl"))
      #expect(line.hasPrefix("{") && line.hasSuffix("}\n") && line.contains("a test message of vi-notify"))
    }
  }

  @Test func `a destination that isn't in the file is answered with those that are`() async throws {
    try await onBench { stage in
      let end = try await stage.run("send-test", "chta", "--rules", "rules.json")
      #expect(end.code == 1)
      #expect(end.errors.contains("there is no destination chta in rules.json; there are: chat, "), "\(end.errors)")
    }
  }
}
