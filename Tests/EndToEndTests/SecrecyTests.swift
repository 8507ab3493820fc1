import FoundationEssentials
import Glibc
import JSONSource
import Simulator
import Testing
import TestSupport

/// Secrets go where they belong and nowhere else, also when the other side says them back.
@Suite(.timeLimit(.minutes(6))) struct SecrecyTests {
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
       {"shell": "echo \\"$API_TOKEN\\"; echo \\"$API_TOKEN\\" >&2; env; env | base64 -w 0; exit 1",
        "env": {"API_TOKEN": "${env:HOOK_TOKEN}", "KEY": "${env:DATATURE_VI_SECRET_KEY}"}}]}]}
    """

  /// Every secret in plain text, in JSON and in JSON with escaped slashes, and in other spellings, as a service might quote it.
  private static var echo: String {
    let json = JSONWriter.object { json in for secret in all + [chatPath] { json.member(secret, secret) } }
    let text = String(decoding: json, as: UTF8.self)
    return ([chatPath] + all + all.flatMap(spellings)).joined(separator: "\n") + text + text.replacing("/", with: "\\/")
  }

  /// As escapes of JSON, URLs and HTML with every character escaped, in base64 at its three places, and in hexadecimal.
  private static func spellings(_ secret: String) -> [String] {
    let hexadecimal = secret.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    let base64 = ["", "x", "xy"].map { Data(($0 + secret).utf8).base64EncodedString() }
    return [
      hexadecimal.map { "\\u00\($0)" }.joined(), hexadecimal.map { "\\u00\($0.uppercased())" }.joined(),
      hexadecimal.map { "%\($0)" }.joined(), secret.utf8.map { "&#\($0);" }.joined(),
      hexadecimal.map { "&#x\($0.uppercased());" }.joined(), hexadecimal.joined(), hexadecimal.joined().uppercased(),
    ] + base64 + base64.map { $0.replacing("+", with: "-").replacing("/", with: "_") }
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
    // At the ends base64 tells of the bytes beside it as well.
    let spelled = Self.all.flatMap(Self.spellings).map { String($0.dropFirst(4).dropLast(4)) }
    let found = (Self.all + [quoted] + spelled).filter(text.contains)
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
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 1)
      #expect(stage.simulator.inbox("chat").isEmpty)
      #expect(stage.simulator.inbox("hub").count == 1)
      try expectNoSecret(inStateOf: stage)
    }
  }

  /// Of an answer 20,000 bytes are kept.
  @Test func `a secret that the end of what is kept cuts in two is struck out as well`() async throws {
    let filler = String(repeating: ".", count: 20_000 - 12)
    try await onPreparedStage([.status(400, body: filler + Self.token, times: nil)]) { (stage) async throws in
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 1)
      let rows = try await stage.run("deliveries", "list", "--output", "json").rows
      let id = try #require(rows.first { $0[text: "destination"] == "hub" }?[text: "id"])
      let show = try await stage.run("deliveries", "show", id, "--output", "json")
      let output = try #require(try show.json["attemptLog"]?.elements?.first?[text: "output"])
      #expect(output.hasPrefix("....."), "\(show.output.prefix(400))")
      let hasPart = output.contains(Self.token.prefix(12))
      #expect(!hasPart)
    }
  }

  /// Of a hook's output the first and the last 32 KiB are kept, and a long line is logged in pieces of 8 KiB.
  @Test(arguments: [8 * 1024, 32 * 1024])
  func `a secret that a cut of a hook's output falls into is struck out`(_ cut: Int) async throws {
    let (half, token) = (cut - Self.hookToken.utf8.count / 2, "\\\"$API_TOKEN\\\"")
    let filler = { (count: Int) in "head -c \(count) /dev/zero | tr '\\\\0' x" }
    try await onStage(Scenario(runs: [.ended("run_a")]), environment: Self.environment) { stage in
      let script = "\(filler(half)); printf %s \(token); \(filler(200_000)); printf %s \(token); \(filler(half))"
      try stage.write(
        """
        {"version": 1, "watch": {"since": "all"}, "rules": [{"name": "r", "actions": [
          {"shell": "\(script)", "env": {"API_TOKEN": "${env:HOOK_TOKEN}"}}]}]}
        """)
      let end = try await stage.run("--rules", "rules.json", "--once", "--log-level", "info")
      #expect(end.code == 0 && end.errors.contains("hook wrote"), "\(end.errors)")
      let id = try #require(try await stage.run("deliveries", "list", "--output", "json").rows.first?[text: "id"])
      let show = try await stage.run("deliveries", "show", id, "--output", "json")
      #expect(show.output.contains("xxxxx"))
      for text in [end.errors, show.output] {
        for length in 6...Self.hookToken.count {
          let isLeft = text.contains(Self.hookToken.prefix(length)) || text.contains(Self.hookToken.suffix(length))
          #expect(!isLeft, "\(length) characters")
        }
      }
    }
  }

  /// A secret is one at its place. `failed` is also a word of the rules.
  @Test func `a word that is a part of some URL stays what it is in rules and in explanations`() async throws {
    let scenario = Scenario(runs: [.ended("run_a", .failed)])
    try await onStage(scenario, environment: ["HUB": "http://127.0.0.1:1/failed"]) { stage in
      try stage.write(
        """
        {"version": 1, "watch": {"since": "all"}, "destinations": {"hub": {"type": "slack", "url": "${env:HUB}"},
         "other": {"type": "slack", "url": "http://127.0.0.1:1/failed"}},
         "rules": [{"name": "ends", "on": "failed", "actions": [{"send": "hub"}, {"send": "other"}]}]}
        """)
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 75)
      let explain = try await stage.run("explain", "run_a")
      #expect(explain.output.contains("✓ rule ends: phase is failed"), "\(explain.output)")
      #expect(!explain.output.contains("•••"))
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

  @Test(arguments: [
    #"{"source": {"secretkey": "KEY"}}"#, #"{"source": {"secretKey": "KEY}}"#, #"{"source": {"secretKey": ["KEY"]}}"#,
    #"{"source": {"secretKey": "KEY${x"}}"#, #"{"destinations": {"hub": {"secrets": ["KEY"]}}}"#,
    #"{"destinations": {"hub": {"heders": {"Authorization": "Bearer KEY"}}}}"#,
    #"{"token": "KEY",}} // "old key": "KEY""#,
    #"{"destinations": {"hub": {"type": "webhook", "url": "hub.example/KEY"}}}"#,
  ])
  func `a secret in a file that can't be read is not shown beside the mistake`(_ text: String) async throws {
    let text = text.replacing("KEY", with: Self.hookToken).replacing("{\"", with: "{\n\"")
    try await onStage { stage in
      try stage.write(text)
      for format in ["table", "json"] {
        let end = try await stage.run("check", "rules.json", "--output", format)
        #expect(end.code == 78)
        expectNoSecret(in: end.errors + end.output, "check")
      }
    }
  }

  @Test func `a secret key that is too short to be one is refused at the start`() async throws {
    try await onStage { stage in
      try stage.write(RulesText.hub)
      for command in [["--rules", "rules.json"], ["runs", "list"]] {
        let end = try await stage.run(arguments: command, with: ["DATATURE_VI_SECRET_KEY": "short"])
        #expect(end.code == 78 && end.errors.contains("DATATURE_VI_SECRET_KEY"), "\(end.errors)")
        #expect(!end.errors.contains("\"short\""))
      }
    }
  }

  /// A short one, with what JSON, URLs and shells escape.
  private static let short = #"Zk%/q"+9"#

  @Test func `everything that shows anything, at the level of traces, shows no secret in any spelling`() async throws {
    let secrets = Self.all + [Self.short]
    let echo = Self.echo + Self.short + Self.spellings(Self.short).joined(separator: "\n")
    let scenario = Scenario(
      runs: [.ended("run_a", .failed, message: "no key"), .running("run_b")],
      inbox: ["hub": [.status(400, body: echo, times: nil)], "chat": [.status(500, body: echo, times: nil)]])
    try await onStage(scenario, environment: Self.environment.merging(["SHORT": Self.short]) { $1 }) { stage in
      let rules = Self.rules.replacing("DIRECTORY", with: stage.directory)
        .replacing("\"headers\": {", with: "\"headers\": {\"X-Api-Key\": \"${env:SHORT}\", ")
      try stage.write(rules)
      try stage.write("ENDPOINT/inbox/chat/\(Self.chatPath)\n", to: "secret-url")
      try stage.write(StatusPortTests.token + "\n", to: "token", mode: 0o600)
      let watch = try stage.start(
        "watch", "--rules", "rules.json", "--log-level", "trace", "--log-format", "json", "--listen", "127.0.0.1:0",
        "--token-file", "token")
      let address = try await StatusPortTests.address(ofJSON: watch)
      try await stage.simulator.inboxCount(atLeast: 2)
      try await watch.says("exited with 1")
      let id = try #require(
        try await stage.run("deliveries", "list", "--output", "json").rows.first { $0[text: "destination"] == "hub" }?[
          text: "id"])
      var shown: [(place: String, text: String)] = []
      for path in [
        "/", "/runs/run_a", "/metrics", "/-/healthy", "/-/ready", "/api/v1/overview", "/api/v1/status", "/api/v1/runs",
        "/api/v1/runs/run_a", "/api/v1/deliveries", "/api/v1/deliveries/\(id)", "/api/v1/silences",
      ] {
        let page = try await StatusPortTests.curl(
          stage, "-H", "Authorization: Bearer \(StatusPortTests.token)", "\(address)\(path)")
        shown.append((path, page))
      }
      try stage.write(try await stage.run("runs", "get", "run_a", "--output", "json").output, to: "run.json")
      for command in [
        ["status"], ["status", "--output", "json"], ["deliveries", "list"], ["deliveries", "show", id],
        ["deliveries", "show", id, "--output", "json"], ["explain", "run_a"], ["explain", "run_a", "--output", "json"],
        ["check", "rules.json"], ["test", "rules.json", "--run", "run.json"], ["silence", "list"],
        ["send-test", "hub", "--rules", "rules.json"], ["send-test", "shut", "--rules", "rules.json"],
        ["deliveries", "replay", id, "--dry-run"], ["runs", "list"], ["--version"],
      ] {
        let end = try await stage.run(arguments: command)
        shown.append((command.joined(separator: " "), end.output + end.errors))
      }
      // What is left when it dies on the spot.
      watch.send(SIGKILL)
      shown.append(("the log", try await watch.end().errors))
      let directory = ".local/state/vi-notify"
      for file in try stage.files(directory) { shown.append((file, stage.read("\(directory)/\(file)") ?? "")) }
      let quoted = secrets.map { $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
      // At the ends base64 tells of the bytes beside it as well; of a short one too little is left between them.
      let spelled =
        Self.all.flatMap(Self.spellings).map { String($0.dropFirst(4).dropLast(4)) }
        + Self.spellings(Self.short).prefix(8)
      for (place, text) in shown {
        #expect(!text.isEmpty, "\(place)")
        let found = (secrets + quoted + spelled + [StatusPortTests.token]).filter(text.contains)
        #expect(found.isEmpty, "in \(place)")
      }
      #expect(stage.simulator.inbox("hub").first?.headers["x-api-key"] == Self.short)
    }
  }

  @Test func `the state is for its owner alone`() async throws {
    try await onPreparedStage([]) { stage in
      #expect(try await stage.run("--rules", "rules.json", "--once").code == 1)
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
