import JSONSource
import Runs
import Storage
import Testing

@testable import Rules

struct RuleSetTests {
  private static let phases = ["Pending", "Running", "Succeeded", "Failed", "Error", "Cancelled"]

  private func firing(_ rules: String, _ event: RunEvent) throws -> [String] {
    try ruleSet(rules).deliveries(for: event).map(\.rule)
  }

  @Test(arguments: [
    (#""on": "failed","#, ["Failed"]), (#""on": ["failed", "running"],"#, ["Running", "Failed"]),
    ("", ["Succeeded", "Failed", "Error", "Cancelled"]),
    (#""on": "terminal","#, ["Succeeded", "Failed", "Error", "Cancelled"]), (#""on": "any","#, phases),
    (#""on": ["pending", "terminal"],"#, ["Pending", "Succeeded", "Failed", "Error", "Cancelled"]),
  ])
  func `a rule fires on its phases and no other`(on: String, expected: [String]) throws {
    let rule = #"{"name": "r", \#(on) "actions": [{"shell": "x"}]}"#
    let fired = try Self.phases.filter { try !firing(rule, .of($0)).isEmpty }
    #expect(fired == expected)
  }

  @Test(arguments: [
    (#"{"flow": ["a", "detector"]}"#, true), (#"{"flow": ["detect"]}"#, false), (#"{"flow": ["Detector"]}"#, false),
    (#"{"attributes": {"stage": ["release"], "n": [3]}}"#, true),
    (#"{"attributes": {"stage": ["release"], "n": [4]}}"#, false),
    (#"{"attributes": {"n": ["3"]}}"#, false), (#"{"attributes": {"ok": [true]}}"#, true),
    (#"{"trainingProject": [null]}"#, true), (#"{"nothing": [null]}"#, false),
    (#"{"run": {"status": {"conditions": {"condition": ["Failed"]}}}}"#, true),
    (#"{"flow": ["detector"], "phase": ["error"]}"#, false),
  ])
  func `match wants exact values on every path`(pattern: String, fires: Bool) throws {
    let event = try RunEvent.of(
      members: #""spec":{"flow":{"name":"detector"}},"metadata":{"attributes":{"stage":"release","n":3,"ok":true}}"#)
    let fired = try firing(#"{"name": "r", "match": \#(pattern), "actions": [{"shell": "x"}]}"#, event)
    #expect(fired == (fires ? ["r"] : []))
  }

  @Test func `every action of every rule that fires is one delivery, in the order of the file`() throws {
    let rules = try ruleSet(
      #"""
      {"name": "a", "actions": [{"send": "hook-in"}, {"shell": "echo $VI_FLOW"}]},
      {"name": "b", "on": "succeeded", "actions": [{"shell": "x"}]},
      {"name": "c", "actions": [{"run": ["./x", "{{runId}}"], "timeout": "5s", "retryFor": "1h"}]}
      """#)
    let deliveries = try rules.deliveries(for: .of())
    #expect(deliveries.map(\.rule) == ["a", "a", "c"])
    #expect(deliveries.map(\.destination.name) == ["hook-in", "hook", "hook"])
    #expect(
      deliveries.map(\.content) == [
        .delivery(.event), .delivery(.hook(HookCall(command: .shell("echo $VI_FLOW")))),
        .delivery(.hook(HookCall(command: .run(["./x", "run_1"])))),
      ])
    #expect(deliveries.map(\.options.timeout) == [nil, nil, .seconds(5)])
    #expect(deliveries.map(\.options.retryFor) == [nil, nil, .seconds(3600)])
  }

  @Test func `the id of a delivery depends on event, rule and action, and on nothing else`() throws {
    func ids(_ rule: String, _ event: RunEvent) throws -> [String] {
      try ruleSet(rule).deliveries(for: event).map(\.id)
    }
    let two = #"{"name": "a", "actions": [{"shell": "x"}, {"shell": "x", "id": "second"}]}"#
    let base = try ids(two, .of())
    let others = try [
      ids(#"{"name": "b", "actions": [{"shell": "x"}]}"#, .of()), ids(two, .of("Error")), ids(two, .of(at: 5)),
      ids(#"{"name": "a", "actions": [{"shell": "x", "id": "first"}]}"#, .of()),
    ].flatMap(\.self)
    #expect(Set(base + others).count == base.count + others.count)
    #expect(base.allSatisfy { $0.wholeMatch(of: /msg_[0-9a-f]{32}/) != nil })
    let changed =
      #"{"name": "a", "match": {"phase": ["failed"]}, "actions": [{"send": "chat"}, {"run": ["y"], "id": "second"}]}"#
    #expect(try ids(#"{"name": "z", "actions": [{"shell": "x"}]}, \#(changed)"#, .of()).suffix(2) == base[...])
  }

  @Test func `the id of a delivery is this one on every machine and in every version`() throws {
    let rules = try ruleSet(#"{"name": "a", "actions": [{"shell": "x"}]}"#)
    let event = try RunEvent.of(at: 5)
    #expect(rules.deliveries(for: event).map(\.id) == ["msg_4320cd9f5d332abca60cd9599f2778f6"])
  }

  @Test func `chat has words of its own where the rule gives none`() throws {
    let rules = try ruleSet(#"{"name": "r", "actions": [{"send": "chat"}]}"#)
    let event = try RunEvent.of(
      members: #""spec":{"flow":{"name":"a & <b>"}},"metadata":{"timeCreated":1795419120000}"#, message: "no <disk>")
    let expected = "*a &amp; &lt;b&gt;* failed after 2h 14m: no &lt;disk&gt;\n<https://vi.datature.com/org/org|run_1>"
    let body = try #require(rules.deliveries(for: event).first?.json)
    #expect(try JSONDocument(parsing: Array(body.utf8)).root["text"]?.string == expected)
    let bare = try #require(try rules.deliveries(for: .of()).first?.json)
    #expect(try JSONDocument(parsing: Array(bare.utf8)).root["text"]?.string?.hasPrefix("*A run* failed") == true)
  }

  @Test func `a rule with a time fires on a stay of just that time, and not at once`() throws {
    let rules = try ruleSet(
      #"{"name": "stuck", "on": ["pending", "running"], "for": "1h", "actions": [{"shell": "x"}]},"#
        + #"{"name": "started", "on": "running", "actions": [{"shell": "x"}]}"#)
    #expect(
      rules.dwellRules == [
        DwellRule(phase: .pending, duration: .seconds(3_600)), DwellRule(phase: .running, duration: .seconds(3_600)),
      ])
    func fired(_ stay: Duration) throws -> [String] {
      rules.deliveries(for: try .of(staying: stay)).map(\.rule)
    }
    #expect(try fired(.seconds(3_600)) == ["stuck"])
    #expect(try fired(.seconds(7_200)) == [])
    #expect(try rules.deliveries(for: .of("Running")).map(\.rule) == ["started"])
    let reasons = try rules.verdicts(on: .of("Running")).map(\.reason)
    #expect(reasons == ["the rule fires when the run has been running for 1h", "phase is running"])
  }

  @Test func `a source out of sight is told in words of its own`() throws {
    let rules = try ruleSet(
      #"{"name": "r", "on": ["sourceUnreachable", "sourceRecovered", "disappeared"], "actions": [{"send": "chat"}]}"#)
    func text(_ eventKind: EventKind) throws -> String? {
      let event = RunEvent(
        eventKind, since: Timestamp(milliseconds: 0), at: Timestamp(milliseconds: 360_000), message: "it is <down>",
        origin: .init(organization: "org", endpoint: "https://api.example"))
      let body = try #require(rules.deliveries(for: event).first?.json)
      return try JSONDocument(parsing: Array(body.utf8)).root["text"]?.string
    }
    #expect(try text(.sourceUnreachable) == "*Runs can't be watched* since 1 Jan 1970, 00:00 UTC: it is &lt;down&gt;")
    #expect(try text(.sourceRecovered) == "*Runs are watched again*, after 6m")
    #expect(try rules.deliveries(for: .of()).isEmpty)
  }

  @Test func `of a key that the API wrote twice all values count`() throws {
    let rule = #"{"name": "r", "match": {"run": {"x": ["a"], "y": ["b"]}}, "actions": [{"shell": "x"}]}"#
    func fires(_ members: String) throws -> Bool {
      try !ruleSet(rule).deliveries(for: .of(members: members)).isEmpty
    }
    #expect(try fires(#""x": "a", "y": "b""#))
    #expect(try fires(#""x": "z", "y": "b", "x": "a""#))
    #expect(try fires(#""y": "b", "x": "a", "x": "z""#))
    #expect(try !fires(#""x": "z", "y": "b""#))
  }
}
