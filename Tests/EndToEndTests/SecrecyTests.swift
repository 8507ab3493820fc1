import Glibc
import JSONSource
import Simulator
import Testing

/// Secrets go where they belong and nowhere else, also when the other side says them back.
@Suite(.timeLimit(.minutes(2))) struct SecrecyTests {
  private static let signing = "whsec_c2lnbmluZy1zZWNyZXQtb2YtdGhlLWh1Yi0x"
  private static let chatToken = "chat-token-Zq7Wk3Xv9"
  private static let chatPath = "T00AAAA/B00BBBB/\(chatToken)"
  /// What JSON and logs would escape.
  private static let token = "tok\"en\\with-quotes-8Hj2"
  private static let hookToken = "hook-token-5Rt8Yp"
  private static let apiKey = Scenario.defaultSecretKey
  private static let all = [signing, chatToken, token, hookToken, apiKey]
  private static let environment = ["SIGNING": signing, "TOKEN": token, "HOOK_TOKEN": hookToken]

  private static let rules = """
    {"version": 1, "watch": {"interval": "100ms", "since": "all"},
     "destinations": {
       "hub":  {"type": "webhook", "url": "ENDPOINT/inbox/hub", "secret": "${env:SIGNING}",
                "headers": {"Authorization": "Bearer ${env:TOKEN}"}},
       "chat": {"type": "slack", "url": "${file:DIRECTORY/secret-url}"},
       "shut": {"type": "webhook", "url": "http://127.0.0.1:1/inbox/\(chatPath)"}},
     "rules": [{"name": "ends", "actions": [
       {"send": "hub"}, {"send": "chat", "text": "{{flow}}"}, {"send": "shut"},
       {"shell": "echo \\"$API_TOKEN\\"; echo \\"$API_TOKEN\\" >&2; env; exit 1",
        "env": {"API_TOKEN": "${env:HOOK_TOKEN}", "KEY": "${env:DATATURE_VI_SECRET_KEY}"}}]}]}
    """

  /// Every secret in plain text, in JSON and in JSON with escaped slashes, as a service might quote it.
  private static var echo: String {
    let json = JSONWriter.object { json in for secret in all + [chatPath] { json.member(secret, secret) } }
    let text = String(decoding: json, as: UTF8.self)
    return ([chatPath] + all).joined(separator: "\n") + text + text.replacing("/", with: "\\/")
  }

  private func onPreparedStage(
    _ answers: [ScriptedAnswer], faults: [Fault] = [], _ body: (Stage) async throws -> Void
  ) async throws {
    let scenario = Scenario(runs: [.ended("run_a")], faults: faults, inbox: ["hub": answers, "chat": answers])
    try await onStage(scenario, environment: Self.environment) { stage in
      try stage.write(Self.rules.replacing("DIRECTORY", with: stage.directory))
      try stage.write("ENDPOINT/inbox/chat/\(Self.chatPath)\n", to: "secret-url")
      try await body(stage)
    }
  }

  private func expectNoSecret(in text: String, _ place: String) {
    let quoted = Self.token.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    let found = (Self.all + [quoted]).filter(text.contains)
    #expect(found.isEmpty, "in \(place)")
  }

  private func expectNoSecret(inStateOf stage: Stage) throws {
    let directory = ".local/state/vi-notify"
    let files = try stage.files(directory)
    #expect(files.contains("state.sqlite"))
    for file in files { expectNoSecret(in: stage.read("\(directory)/\(file)") ?? "", file) }
  }

  /// It is warned of, and all the same it must not reach the log, or the copy of the rules that the state keeps.
  @Test func `a secret that stands in the file itself is struck out from the first moment`() async throws {
    let scenario = Scenario(runs: [.ended("run_a")])
    try await onStage(scenario, environment: ["DATATURE_VI_SECRET_KEY": ""]) { stage in
      try stage.write(
        """
        {"version": 1, "watch": {"since": "now"}, "source": {"secretKey": "\(Self.apiKey)"},
         "destinations": {
           "hub": {"type": "webhook", "url": "http://127.0.0.1:1/\(Self.chatPath)", "secret": "\(Self.signing)",
                   "headers": {"Authorization": "Bearer \(Self.hookToken)", "X-Api-Key": "key-\(Self.hookToken)"}},
           "bare": {"type": "webhook", "url": "http://127.0.0.1:1/", "headers": {"Authorization": "bare-5Kp2Xv8"}}},
         "rules": [{"name": "r", "actions": [{"send": "hub"}, {"send": "bare"}]}]}
        """)
      let end = try await stage.run("--rules", "rules.json", "--once")
      #expect(end.code == 0, "\(end.errors)")
      expectNoSecret(in: end.errors, "the log")
      try expectNoSecret(inStateOf: stage)
      let directory = ".local/state/vi-notify"
      for file in try stage.files(directory) {
        #expect(stage.read("\(directory)/\(file)")?.contains("bare-5Kp2Xv8") == false)
      }
    }
  }

  @Test(arguments: [200, 400, 500])
  func `what an endpoint or a hook says back is struck out everywhere`(_ status: Int) async throws {
    try await onPreparedStage([.status(status, body: Self.echo, times: nil)]) { stage in
      let watch = try stage.start("--rules", "rules.json")
      try await stage.simulator.inboxCount(atLeast: 2)
      try await watch.says("destination=shut")
      try await watch.says("exited with 1")
      watch.send(9)
      expectNoSecret(in: try await watch.end().errors, "the log")
      try expectNoSecret(inStateOf: stage)
      expectNoSecret(in: try await stage.run("--rules", "rules.json", "--once").errors, "the second log")
      try expectNoSecret(inStateOf: stage)
      let rows = try await stage.run("deliveries", "list", "--output", "json").rows
      #expect(rows.count == 4)
      for row in rows {
        for format in ["table", "json"] {
          let show = try await stage.run("deliveries", "show", row[text: "id"] ?? "", "--output", format)
          #expect(show.code == 0)
          expectNoSecret(in: show.output, "deliveries show")
        }
      }
      expectNoSecret(in: try await stage.run("deliveries", "list").output, "deliveries list")
      try expectTheyArrived(stage)
    }
  }

  /// Or all this would show nothing.
  private func expectTheyArrived(_ stage: Stage) throws {
    let hub = try #require(stage.simulator.inbox("hub").first)
    #expect(hub.headers["authorization"] == "Bearer \(Self.token)")
    let chat = try #require(stage.simulator.inbox("chat").first)
    #expect(chat.path == "/inbox/chat/\(Self.chatPath)")
    #expect(stage.simulator.requests.first?.request.headers["authorization"] == "Bearer \(Self.apiKey)")
    for request in [hub, chat] {
      for secret in Self.all { #expect(!request.text.contains(secret)) }
    }
  }

  @Test func `the address of a destination is struck out before it was ever used`() async throws {
    try await onPreparedStage([.status(400, body: "ask \(Self.chatPath)", times: nil)]) { stage in
      let unused = "{\"name\": \"never\", \"match\": {\"flow\": [\"x\"]}, \"actions\": [{\"send\": \"chat\"}]}"
      let hub = "{\"name\": \"ends\", \"actions\": [{\"send\": \"hub\"}]}"
      let head = try #require(stage.read("rules.json")).split(separator: "\"rules\":").first ?? ""
      try stage.write("\(head)\"rules\": [\(hub), \(unused)]}")
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      #expect(stage.simulator.inbox("chat").isEmpty)
      #expect(stage.simulator.inbox("hub").count == 1)
      try expectNoSecret(inStateOf: stage)
    }
  }

  /// Of an answer 20,000 bytes are kept.
  @Test func `a secret that the end of what is kept cuts in two is struck out as well`() async throws {
    let filler = String(repeating: ".", count: 20_000 - 12)
    try await onPreparedStage([.status(400, body: filler + Self.token, times: nil)]) { (stage) async throws in
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      let rows = try await stage.run("deliveries", "list", "--output", "json").rows
      let id = try #require(rows.first { $0[text: "destination"] == "hub" }?[text: "id"])
      let show = try await stage.run("deliveries", "show", id, "--output", "json")
      let output = try #require(try show.json["attemptLog"]?.elements?.first?[text: "output"])
      #expect(output.hasPrefix("....."), "\(show.output.prefix(400))")
      let hasPart = output.contains(Self.token.prefix(12))
      #expect(!hasPart)
    }
  }

  @Test(arguments: [401, 404, 500])
  func `what the API says back is struck out in logs and messages`(_ status: Int) async throws {
    let body = JSONWriter.object { $0.member("message", "the key \(Self.apiKey) is not welcome") }
    let fault = Fault(.status(status, body: String(decoding: body, as: UTF8.self), times: nil))
    try await onPreparedStage([], faults: [fault]) { stage in
      for command in [["--rules", "rules.json", "--once"], ["runs", "list"], ["runs", "get", "run_a"]] {
        let end = try await stage.run(arguments: command)
        #expect(end.code != 0)
        expectNoSecret(in: end.errors + end.output, command.joined(separator: " "))
      }
    }
  }

  @Test func `a mistake in the rules is told without the secret beside it`() async throws {
    try await onPreparedStage([]) { stage in
      try stage.write("not a url \(Self.chatPath)", to: "secret-url")
      for format in ["table", "json"] {
        let end = try await stage.run("check", "rules.json", "--output", format, with: ["SIGNING": "short-secret-3Kd"])
        #expect(end.code == 78)
        expectNoSecret(in: end.errors.replacing("/inbox/\(Self.chatPath)", with: "") + end.output, "check")
        #expect(!(end.errors + end.output).contains("short-secret-3Kd"))
      }
    }
  }

  @Test func `the state is for its owner alone`() async throws {
    try await onPreparedStage([]) { stage in
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 0)
      let directory = ".local/state/vi-notify"
      for file in try stage.files(directory) {
        #expect(try mode(stage.path("\(directory)/\(file)")) == 0o600, "\(file)")
      }
      #expect(try mode(stage.path(directory)) == 0o700)
    }
  }

  private func mode(_ path: String) throws -> mode_t {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemFailure("stat of \(path)") }
    return status.st_mode & 0o777
  }
}
