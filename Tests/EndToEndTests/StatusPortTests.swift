import Glibc
import JSONSource
import Simulator
import Testing

/// The status port of a running watcher.
@Suite(.timeLimit(.minutes(6))) struct StatusPortTests {
  static let token = "0123456789abcdef0123"

  /// Where it listens, without the last slash.
  static func address(of watch: RunningBinary) async throws -> String {
    try await watch.says("the status port listens")
    try await watch.says("first start")
    let found = watch.errors.firstMatch(of: /address=\"?(http:\/\/[0-9.:]+[0-9])/)
    return String(try #require(found).output.1)
  }

  /// The same where the log is JSON.
  static func address(ofJSON watch: RunningBinary) async throws -> String {
    try await watch.says("the status port listens")
    try await watch.says("first start")
    let found = watch.errors.firstMatch(of: /"address":"(http:\/\/[0-9.:]+[0-9])/)
    return String(try #require(found).output.1)
  }

  /// What curl gets: the body, and the status in a line of its own.
  static func curl(_ stage: Stage, _ words: String...) async throws -> String {
    try await stage.shell(#"curl -s -w '\n%{http_code}\n' "$@""#, ["sh"] + words).output
  }

  private func onPort(_ body: (Stage, RunningBinary, String) async throws -> Void) async throws {
    try await onStage(Scenario(runs: [.running("run_a"), .running("run_b")])) { stage in
      try stage.write(RulesText.hub)
      try stage.write(Self.token + "\n", to: "token", mode: 0o600)
      let watch = try stage.start(
        "watch", "--rules", "rules.json", "--listen", "127.0.0.1:0", "--token-file", "token")
      try await body(stage, watch, try await Self.address(of: watch))
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test func `it counts what it does, and says whether it is well`() async throws {
    try await onPort { stage, _, address in
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      var text = ""
      // What waits is counted in the state, at most every two seconds.
      while !text.contains("vi_notify_deliveries_settled_total{status=\"delivered\"} 1\n")
        || !text.contains("vi_notify_destination_pending{destination=\"hub\"} 0\n")
      {
        text = try await Self.curl(stage, "\(address)/metrics")
      }
      for line in [
        #"vi_notify_rules_fired_total{rule="ends"} 1"#, "vi_notify_detection_duration_seconds_count 1",
        "vi_notify_delivery_duration_seconds_count 1", "vi_notify_runs_active 1", "vi_notify_dead_letters 0",
        #"vi_notify_attempt_duration_seconds_count{type="webhook"} 1"#,
        #"vi_notify_destination_pending{destination="hub"} 0"#,
      ] { #expect(text.contains("\n\(line)\n"), "\(line)") }
      let open = try await Self.curl(stage, "-H", "Accept: application/openmetrics-text", "\(address)/metrics")
      #expect(open.hasSuffix("\n# EOF\n\n200\n"))
      #expect(try await Self.curl(stage, "\(address)/-/healthy") == "healthy\n\n200\n")
      while try await !Self.curl(stage, "\(address)/-/ready").hasPrefix("ready") {}
    }
  }

  @Test func `asked to, it reads the rules anew and says what became of that`() async throws {
    try await onPort { stage, _, address in
      let reload = ["-X", "POST", "-H", "Authorization: Bearer \(Self.token)", "\(address)/-/reload"]
      func ask() async throws -> String {
        try await Self.curl(stage, reload[0], reload[1], reload[2], reload[3], reload[4])
      }
      #expect(try await ask().contains("read anew"))
      try stage.write("{")
      #expect(try await ask().contains("it has a mistake"))
      try stage.write(RulesText.hub.replacing("ends", with: "other"))
      #expect(try await ask().hasSuffix("200\n"))
      let text = try await Self.curl(stage, "\(address)/metrics")
      #expect(text.contains(#"vi_notify_rules_fired_total{rule="other"} 0"#))
      #expect(try await Self.curl(stage, "-X", "POST", "\(address)/-/reload").hasSuffix("401\n"))
    }
  }

  @Test func `it listens where others are only with a token, and not where somebody does`() async throws {
    try await onPort { stage, _, address in
      let open = try await stage.run("watch", "--rules", "rules.json", "--listen", "0.0.0.0:0")
      #expect(open.code == 64 && open.errors.contains("--token-file"), "\(open.errors)")
      let taken = try await stage.run(
        "watch", "--rules", "rules.json", "--state", "other.sqlite", "--listen", String(address.dropFirst(7)))
      #expect(taken.code == 69 && taken.errors.contains("the port is in use"), "\(taken.errors)")
      #expect(stage.read("other.sqlite") == nil)
      let once = try await stage.run("watch", "--rules", "rules.json", "--once", "--listen", "127.0.0.1:0")
      #expect(once.code == 64)
      try stage.write("short", to: "weak")
      let weak = try await stage.run(
        "watch", "--rules", "rules.json", "--listen", "127.0.0.1:0", "--token-file", "weak")
      #expect(weak.code == 78 && weak.errors.contains("must have 16 or more"), "\(weak.errors)")
    }
  }

  @Test func `what it answers is what the commands print, and what is done there stands in explain`() async throws {
    try await onPort { stage, _, address in
      stage.simulator.setAnswers([.status(404)], forInbox: "hub")
      stage.simulator.move("run_a", to: .failed)
      func api(_ path: String) async throws -> End {
        try await stage.shell(#"curl -s "$0""#, ["\(address)/api/v1\(path)"])
      }
      while try await !api("/deliveries?status=dead").output.contains("run_a") {}
      for (path, words) in [
        ("/runs/run_a", ["explain", "run_a"]), ("/deliveries", ["deliveries", "list"]),
      ] {
        let printed = try await stage.run(arguments: words + ["--output", "json"]).output
        #expect(try await api(path).output + "\n" == printed, "\(path)")
      }
      let id = try #require(try await api("/deliveries").json.elements?.first?[text: "id"])
      let shown = try await stage.run("deliveries", "show", id, "--output", "json").output
      #expect(try await api("/deliveries/\(id)").output + "\n" == shown)
      let replay = try await stage.shell(
        #"curl -s -X POST -H "Authorization: Bearer $0" "$1""#,
        [Self.token, "\(address)/api/v1/deliveries/\(id)/replay"])
      #expect(replay.output == #"{"replayed":["\#(id)"]}"#)
      try await stage.simulator.inboxCount("hub", atLeast: 2)
      while try await !stage.run("deliveries", "list").output.contains("delivered") {}
      #expect(try await stage.run("explain", "run_a").output.contains("replay requested"))
      #expect(try await api("/overview").json[text: "overview.source.organization"] == "demo-org")
    }
  }

  @Test func `who acted stands in the audit, and with the runs that it concerns`() async throws {
    try await onPort { stage, watch, address in
      stage.simulator.setAnswers([.status(404)], forInbox: "hub")
      stage.simulator.move("run_a", to: .failed)
      func api(_ path: String) async throws -> JSONNode {
        try await stage.shell(#"curl -s "$0""#, ["\(address)/api/v1\(path)"]).json
      }
      func post(_ path: String, _ body: String) async throws -> JSONNode {
        try await stage.shell(
          #"curl -s -X POST -H "Authorization: Bearer $0" -d "$1" "$2""#, [Self.token, body, "\(address)\(path)"]
        ).json
      }
      func id(_ status: String) async throws -> String? {
        try await api("/deliveries?status=\(status)").elements?.first?[text: "id"]
      }
      while try await id("dead") == nil {}
      let delivery = try #require(try await id("dead"))
      #expect(try await stage.run("deliveries", "replay", delivery).code == 0)
      while try await id("delivered") == nil {}
      _ = try await post("/api/v1/deliveries/\(delivery)/replay", "")
      try await stage.simulator.inboxCount("hub", atLeast: 3)
      let hostile = "<script>alert(1)</script> \u{1B}[31m"
      let escaped = hostile.replacing("\u{1B}", with: "\\u001b")
      let silence = try #require(
        try await post("/api/v1/silences", #"{"for": "1h", "rules": ["ends"], "reason": "\#(escaped)"}"#)[text: "id"])
      stage.simulator.move("run_b", to: .failed)
      try await watch.says("message is held back")
      _ = try await post("/api/v1/silences/\(silence)/end", "")
      watch.send(SIGHUP)
      try await watch.says("the rules file was read anew")
      try stage.write("{")
      while try await api("/audit").elements?.count != 6 {}
      let acts = try await api("/audit").elements ?? []
      #expect(
        acts.map { $0[text: "action"] ?? "" }
          == ["reloadRefused", "reload", "endSilence", "silence", "replay", "replay"])
      #expect(acts.map { $0[text: "actor.way"] ?? "" } == ["file", "signal", "port", "port", "port", "command"])
      #expect(acts[1][text: "actor.name"] == "SIGHUP" && acts[2][text: "actor.name"] == "127.0.0.1")
      #expect(acts[3][text: "detail"] == hostile && acts[5][text: "actor.note"]?.hasPrefix("process ") == true)
      #expect(acts[0][text: "detail"] == "it has a mistake")
      let account = try await stage.shell("id -un", []).output.split(separator: "\n").first.map(String.init)
      #expect(acts[5][text: "actor.name"] == account)

      let first = try await stage.run("explain", "run_a", "--output", "json").json["audit"]?.elements ?? []
      #expect(first.map { $0[text: "action"] ?? "" } == ["replay", "replay"])
      let second = try await stage.run("explain", "run_b", "--output", "json").json["audit"]?.elements ?? []
      #expect(second.map { $0[text: "action"] ?? "" } == ["silence", "endSilence"])
      let told = try await stage.run("explain", "run_b").output
      #expect(told.contains("What people did") && told.contains("silenced by 127.0.0.1 (status port, with the token)"))
      #expect(!told.contains("\u{1B}[31m"))
    }
  }

  @Test func `no secret stands on any page`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      try stage.write(
        RulesText.hub.replacing(
          "\"ENDPOINT/inbox/hub\"",
          with: "\"${env:HOOK}\", \"headers\": {\"Authorization\": \"Bearer ${env:BEARER}\"}"))
      try stage.write(Self.token, to: "token", mode: 0o600)
      stage.simulator.setAnswers([.status(500, times: nil)], forInbox: "hub-SECRETPATH")
      let watch = try stage.start(
        "watch", "--rules", "rules.json", "--listen", "127.0.0.1:0", "--token-file", "token",
        with: ["HOOK": "\(stage.simulator.endpoint)/inbox/hub-SECRETPATH", "BEARER": "SECRETBEARER"])
      let address = try await Self.address(of: watch)
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("hub-SECRETPATH", atLeast: 1)
      let list = try await stage.run("deliveries", "list", "--output", "json").json
      let id = try #require(list.elements?.first?[text: "id"])
      for path in [
        "/", "/metrics", "/assets/page.js", "/api/v1/overview", "/api/v1/status", "/api/v1/runs", "/api/v1/runs/run_a",
        "/api/v1/deliveries", "/api/v1/deliveries/\(id)", "/api/v1/silences", "/api/v1/audit", "/-/ready?format=json",
        "/nothing",
      ] {
        let text = try await Self.curl(stage, "\(address)\(path)")
        let secrets = ["SECRETPATH", "SECRETBEARER", Self.token, stage.environment["DATATURE_VI_SECRET_KEY"] ?? "?"]
        #expect(!secrets.contains { text.contains($0) }, "\(path): \(text)")
      }
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  /// Two hundred who say nothing, and one who doesn't take what it asked for.
  @Test func `strangers who hold on to it keep nothing from being delivered`() async throws {
    try await onPort { stage, _, address in
      let port = String(address.split(separator: ":").last ?? "")
      let script = """
        exec 9<>/dev/tcp/127.0.0.1/$1
        printf 'GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n%.0s' $(seq 2000) >&9 &
        for i in $(seq 200); do exec {f}<>/dev/tcp/127.0.0.1/$1; done
        echo held; read -r forever
        """
      let strangers = try stage.startShell("exec bash -c \"$0\" sh \"$1\"", [script, port])
      try await strangers.says("held")
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("hub", atLeast: 1)
      #expect(try await Self.curl(stage, "\(address)/-/healthy").hasPrefix("healthy"))
    }
  }
}
