import FoundationEssentials
import Glibc
import JSONSource
import Simulator
import Testing
import TestSupport

/// The rules file is read anew while the watcher runs.
@Suite(.timeLimit(.minutes(6))) struct ReloadTests {
  private static func rules(_ inbox: String, more: String = "") -> String {
    """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"\(inbox)": {"type": "webhook", "url": "ENDPOINT/inbox/\(inbox)"}},
     "rules": [{"name": "to-\(inbox)", "actions": [{"send": "\(inbox)"}]}]\(more)}
    """
  }

  /// A watcher by rules that send every end to `old`, with two runs that move.
  private func onWatchedStage(
    _ text: String = rules("old"), inbox: [String: [ScriptedAnswer]] = [:],
    _ body: (Stage, RunningBinary) async throws -> Void
  ) async throws {
    try await onStage(Scenario(runs: [.running("run_a"), .running("run_b")], inbox: inbox)) { stage in
      try stage.write(text)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      try await body(stage, watch)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  private func expectOldStay(_ stage: Stage, _ watch: RunningBinary, because why: String) async throws {
    try await watch.says("the rules file can't be used as it is now; the rules in use stay in use")
    #expect(watch.errors.contains(why), "\(watch.errors)")
    stage.simulator.move("run_a", to: .failed)
    try await stage.simulator.inboxCount("old", atLeast: 1)
    #expect(stage.simulator.inbox("new").isEmpty)
  }

  @Test func `SIGHUP puts a changed file in use, whole`() async throws {
    try await onWatchedStage { stage, watch in
      try stage.write(Self.rules("new"))
      watch.send(SIGHUP)
      try await watch.says("the rules file was read anew")
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("new", atLeast: 1)
      #expect(stage.simulator.inbox("old").isEmpty)
    }
  }

  @Test func `SIGHUP reads what a file refers to, though the file is the same`() async throws {
    try await onWatchedStage { stage, watch in
      try stage.write("\(stage.simulator.endpoint)/inbox/one", to: "url")
      let text = Self.rules("old").replacing("\"ENDPOINT/inbox/old\"", with: "\"${file:\(stage.path("url"))}\"")
      try stage.write(text)
      try await watch.says("the rules file was read anew")
      try stage.write("\(stage.simulator.endpoint)/inbox/two", to: "url")
      watch.send(SIGHUP)
      while watch.errors.components("the rules file was read anew") < 2 { await Task.yield() }
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("two", atLeast: 1)
      #expect(stage.simulator.inbox("one").isEmpty)
    }
  }

  @Test func `a changed file is read by itself`() async throws {
    try await onWatchedStage { stage, watch in
      try stage.write(Self.rules("new"))
      try await watch.says("the rules file was read anew")
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("new", atLeast: 1)
    }
  }

  @Test func `so is one behind a link that is swapped, as Kubernetes does`() async throws {
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      for (name, inbox) in [("v1", "old"), ("v2", "new")] {
        try stage.makeDirectory(name)
        try stage.write(Self.rules(inbox), to: "\(name)/rules.json")
      }
      #expect(symlink("v1", stage.path("..data")) == 0)
      #expect(symlink("..data/rules.json", stage.path("rules.json")) == 0)
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      #expect(symlink("v2", stage.path("..data_tmp")) == 0)
      #expect(rename(stage.path("..data_tmp"), stage.path("..data")) == 0)
      try await watch.says("the rules file was read anew")
      stage.simulator.move("run_a", to: .failed)
      try await stage.simulator.inboxCount("new", atLeast: 1)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
    }
  }

  @Test func `a broken file changes nothing, every mistake is said, and the mended one is read`() async throws {
    try await onWatchedStage { stage, watch in
      try stage.write(Self.rules("new", more: #", "rulez": 1, "retention": "never""#))
      try await expectOldStay(stage, watch, because: "it has 2 mistakes")
      #expect(watch.errors.components("place=rules.json:3:") == 2, "\(watch.errors)")
      try stage.write(Self.rules("new"))
      try await watch.says("the rules file was read anew")
      stage.simulator.move("run_b", to: .failed)
      try await stage.simulator.inboxCount("new", atLeast: 1)
      #expect(stage.simulator.inbox("old").count == 1)
    }
  }

  @Test func `so does one that is gone`() async throws {
    try await onWatchedStage { stage, watch in
      unlink(stage.path("rules.json"))
      try await expectOldStay(stage, watch, because: "can't be read: No such file or directory")
    }
  }

  @Test(arguments: [
    (#""organization": "other""#, "it watches another organization (other)"),
    (#""endpoint": "http://127.0.0.1:1""#, "it watches another Vi API (http://127.0.0.1:1)"),
    (#""secretKey": "${file:/nowhere}""#, "it has a mistake"),
  ])
  func `what can't change while it runs needs a restart, and says so`(_ source: String, _ why: String) async throws {
    try await onWatchedStage { stage, watch in
      try stage.write(Self.rules("new", more: #", "source": {\#(source)}"#))
      try await expectOldStay(stage, watch, because: why)
    }
  }

  @Test func `a hook under way ends undisturbed, and its chain goes on as its rules file said`() async throws {
    let text = """
      {"version": 1, "watch": {"interval": "100ms"},
       "destinations": {"old": {"type": "webhook", "url": "ENDPOINT/inbox/old"}},
       "rules": [{"name": "chain", "actions": [{"run": ["/bin/sh", "-c", "cat gate >> ran"], "id": "hook",
         "workingDirectory": "HERE", "then": [{"send": "old", "body": {"code": "{{steps.hook.exitCode}}"}}]}]}]}
      """
    try await onStage(Scenario(runs: [.running("run_a")])) { stage in
      #expect(mkfifo(stage.path("gate"), 0o600) == 0)
      try stage.write(text.replacing("HERE", with: stage.directory))
      let watch = try stage.start("--rules", "rules.json")
      try await watch.says("first start")
      stage.simulator.move("run_a", to: .failed)
      // Opening waits for the reader: the hook runs.
      let gate = try await stage.opened("gate")
      // The same destination, and no such rule any more.
      try stage.write(Self.rules("old").replacing("\"to-old\"", with: "\"to-old\", \"on\": \"cancelled\""))
      watch.send(SIGHUP)
      try await watch.says("the rules file was read anew")
      #expect(write(gate, "x", 1) == 1)
      close(gate)
      try await stage.simulator.inboxCount("old", atLeast: 1)
      #expect(try stage.simulator.inbox("old").first?.json["code"]?.integer == 0)
      watch.send(SIGTERM)
      #expect(try await watch.end().code == 0)
      #expect(stage.read("ran") == "x")
      #expect(try await stage.steps(of: "run_a").count == 2)
    }
  }

  @Test func `an open digest stays open and goes out as it was meant`() async throws {
    let digest = Self.rules("old").replacing(
      #"{"send": "old"}"#, with: #"{"send": "old", "body": {"n": "{{count}}"}, "digest": {"window": "3s"}}"#)
    try await onWatchedStage(digest) { stage, watch in
      stage.simulator.move("run_a", to: .failed)
      try await watch.says(#"msg="run changed" run=run_a"#)
      try stage.write(Self.rules("old").replacing("\"to-old\"", with: "\"other\", \"on\": \"cancelled\""))
      watch.send(SIGHUP)
      try await watch.says("the rules file was read anew")
      try await stage.simulator.inboxCount("old", atLeast: 1)
      #expect(try stage.simulator.inbox("old").first?.json["n"]?.integer == 1)
    }
  }

  @Test func `a hold of a destination that has not changed stays, and what waits is not sent twice`() async throws {
    let inbox = ["old": [ScriptedAnswer.status(429, headers: ["Retry-After": "600"])]]
    try await onWatchedStage(inbox: inbox) { stage, watch in
      stage.simulator.move("run_a", to: .failed)
      try await watch.says("destination asked for a pause")
      try stage.write(Self.rules("old", more: #", "retention": "30d""#))
      watch.send(SIGHUP)
      try await watch.says("the rules file was read anew")
      stage.simulator.move("run_b", to: .failed)
      try await watch.says(#"msg="run changed" run=run_b"#)
      #expect(try await stage.run("deliveries", "list").output.contains("held until"))
      #expect(stage.simulator.inbox("old").count == 1)
      // Another destination under the same name owes nobody patience.
      try stage.write(Self.rules("old").replacing("/inbox/old", with: "/inbox/new"))
      try await stage.simulator.inboxCount("new", atLeast: 2)
    }
  }

  @Test func `a wait for the end of all goes on with the new rules`() async throws {
    try await onStage(Scenario(runs: [.ended("run_a")], inbox: ["old": [.status(503, times: nil)]])) { stage in
      try stage.write(Self.rules("old", more: #", "retention": "30d""#))
      let watch = try stage.start("--rules", "rules.json", "--until-done", "--since", "all")
      try await watch.says("attempt failed")
      try stage.write(Self.rules("old").replacing("/inbox/old", with: "/inbox/new"))
      let end = try await watch.end()
      #expect(end.code == 0, "\(end.errors)")
      #expect(stage.simulator.inbox("new").count == 1)
    }
  }
}

extension String {
  fileprivate func components(_ separator: String) -> Int {
    var (count, rest) = (0, self[...])
    while let found = rest.firstRange(of: separator) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}

extension Stage {
  /// Returns when somebody reads from the pipe.
  fileprivate func opened(_ name: String) async throws -> Int32 {
    let path = path(name)
    return try await withCheckedThrowingContinuation { continuation in
      do {
        try onThread { continuation.resume(returning: open(path, O_WRONLY | O_CLOEXEC)) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}
