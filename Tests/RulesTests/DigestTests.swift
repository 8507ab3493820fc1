import JSONSource
import Runs
import Secrets
import Storage
import Testing

@testable import Rules

struct DigestTests {
  private func rules(_ action: String) throws -> RuleSet {
    try ruleSet(#"{"name": "r", "actions": [{"send": "chat", \#(action)}]}"#)
  }

  private func text(_ rules: RuleSet, _ count: Int, total: Int? = nil) throws -> String? {
    let events = try (0..<count).map { index in
      try RunEvent.of(members: #""spec":{"flow":{"name":"<f\#(index)>"}}"#, message: "no \(index)").body
    }
    let planned = rules.digest(
      id: "msg_1", rule: "r", action: "actions[0]", CollectedEvents(events: events, count: total ?? count))
    let body = try #require(planned?.json)
    return try JSONDocument(parsing: Array(body.utf8)).root["text"]?.string
  }

  @Test func `an action with a digest collects, and its key is what the events have in common`() throws {
    let rules = try rules(#""digest": {"window": "2m", "by": ["phase", "attributes.team"]}"#)
    let planned = try rules.deliveries(for: .of(members: #""metadata":{"attributes":{"team":"a"}}"#))
    #expect(planned.map(\.content) == [.digest(key: "\"failed\"\n\"a\"", end: .after(.seconds(120)))])
    #expect(
      try rules.deliveries(for: .of()).map(\.content) == [.digest(key: "\"failed\"\nnull", end: .after(.seconds(120)))])
  }

  @Test func `a digest of a time of day ends when the clocks of its zone show that next`() throws {
    let rules = try rules(#""digest": {"at": "09:00", "tz": "Europe/Berlin"}"#)
    guard case .digest(_, let end)? = try rules.deliveries(for: .of()).first?.content else {
      Issue.record("there is no digest")
      return
    }
    func wait(_ text: String) throws -> Duration { end.wait(from: try #require(Timestamp(iso8601: text))) }
    #expect(try wait("2026-11-23T07:59:59Z") == .seconds(1))
    #expect(try wait("2026-11-23T08:00:00Z") == .seconds(86_400))
    #expect(try wait("2026-11-23T23:30:00Z") == .seconds(8 * 3600 + 1800))
    // A day of 23 hours, and one of 25.
    #expect(try wait("2026-03-28T08:00:00Z") == .seconds(23 * 3600))
    #expect(try wait("2026-10-24T07:00:00Z") == .seconds(25 * 3600))
  }

  @Test func `a time that clocks skip is when they are put forward`() throws {
    let rules = try rules(#""digest": {"at": "02:30", "tz": "Europe/Berlin"}"#)
    guard case .digest(_, let end)? = try rules.deliveries(for: .of()).first?.content else {
      Issue.record("there is no digest")
      return
    }
    #expect(end.wait(from: try #require(Timestamp(iso8601: "2026-03-29T00:00:00Z"))) == .seconds(3600))
  }

  @Test func `what was collected until a time of day is still understood when it is sent`() throws {
    let sent = try message(#""text": "{{count}}", "digest": {"at": "09:00", "tz": "Europe/Berlin"}"#, then: "").planned
    #expect(sent.json == #"{"text":"3"}"#)
  }

  @Test func `a template sees the events, their count, and what they have in common`() throws {
    let rules = try rules(
      #""text": "{{count}} {{phase}}:{{#events}} {{flow}}{{/events}}{{#more}} +{{more}}{{/more}}", "digest": {"window": "2m", "by": ["phase"], "max": 2}"#
    )
    #expect(try text(rules, 2) == "2 failed: &lt;f0&gt; &lt;f1&gt;")
    #expect(try text(rules, 3) == "3 failed: &lt;f0&gt; &lt;f1&gt; +1")
    #expect(try text(rules, 2, total: 500) == "500 failed: &lt;f0&gt; &lt;f1&gt; +498")
  }

  @Test func `chat has words of its own, and a webhook gets the events without the documents`() throws {
    #expect(
      try text(rules(#""digest": {"window": "2m", "max": 1}"#), 2)
        == "*2 events*\n• *&lt;f0&gt;* failed: no 0\n… and 1 more\n")
    let webhook = try ruleSet(#"{"name": "r", "actions": [{"send": "hook-in", "digest": {"window": "1s"}}]}"#)
    let planned = try webhook.digest(
      id: "m", rule: "r", action: "actions[0]", CollectedEvents(events: [RunEvent.of().body], count: 1))
    let root = try JSONDocument(parsing: Array(#require(planned?.json).utf8)).root
    #expect(root["count"]?.integer == Int64(1))
    #expect(root["events"]?.elements?.first?["runId"]?.string == "run_1")
    #expect(root["events"]?.elements?.first?["run"] == nil)
  }

  @Test func `a rule that is gone, or has no digest any more, makes none`() throws {
    let rules = try rules(#""text": "x""#)
    #expect(rules.digest(id: "m", rule: "r", action: "actions[0]", CollectedEvents(events: [], count: 0)) == nil)
    #expect(rules.digest(id: "m", rule: "gone", action: "actions[0]", CollectedEvents(events: [], count: 0)) == nil)
  }

  private func message(
    _ action: String, then others: String, _ kinds: String = "slack"
  ) throws -> (planned: PlannedDelivery, isInUse: Bool) {
    let plan = try #require(try rules(action).deliveries(for: .of()).first?.plan)
    let file = try #require(
      RuleFile.read(
        Array(
          #"""
          {"version": 1, "destinations": {"chat": {"type": "\#(kinds)", "url": "https://x.example/a"}},
           "rules": [{"name": "new", "actions": [{"send": "chat"\#(others)}]}]}
          """#.utf8), secrets: SecretSource(environment: [:])
      ).0)
    let messages = try DigestMessages(RuleSet(file), file.destinations)
    let kept = ActionPlan(stored: plan.bytes)
    let collected = CollectedEvents(events: [try RunEvent.of(message: "<no>").body], count: 3)
    let planned = messages.message(id: "m", rule: "r", action: "actions[0]", kept, collected)
    return (try #require(planned), messages.isInUse(kept, rule: "r", action: "actions[0]"))
  }

  @Test func `what was kept of an action makes its message, whatever rules are in use`() throws {
    let action =
      #""text": "{{count}}:{{#events}} {{message}}{{/events}}", "digest": {"window": "2m", "max": 1}, "retryFor": "5m""#
    let (planned, isInUse) = try message(action, then: "")
    #expect(planned.json == #"{"text":"3: &lt;no&gt;"}"#)
    #expect((planned.rule, planned.action, planned.destination.name) == ("r", "actions[0]", "chat"))
    #expect(planned.options.retryFor == .seconds(300))
    #expect(planned.form == MessageForm(kind: .slack, isStandard: false))
    #expect(!isInUse)
  }

  @Test func `a text stays what it was written for when its destination has become another, our words follow it`()
    throws
  {
    let own = try message(#""text": "{{count}}", "digest": {"window": "2m"}"#, then: "", "webhook").planned
    #expect(own.form?.kind == .slack)
    #expect(own.json == #"{"text":"3"}"#)
    let ours = try message(#""digest": {"window": "2m"}"#, then: "", "webhook").planned
    #expect(ours.form?.kind == .webhook)
    #expect(try JSONDocument(parsing: Array(#require(ours.json).utf8)).root["count"]?.integer == Int64(3))
  }

  @Test func `mistakes in a digest are told at their place`() {
    expectActionErrors(
      #"{"send": "chat", "digest": 1️⃣{}}"#,
      #"rules[0].actions[0].digest needs "window" or "at" (write "window": "10m", or "at": "09:00")"#)
    expectActionErrors(
      #"{"send": "chat", "digest": {"window": "1m", "at": 1️⃣"09:00"}}"#,
      #"rules[0].actions[0].digest has both "window" and "at" (keep one of the two)"#)
    expectActionErrors(
      #"{"send": "chat", "digest": {"window": "1m", "tz": 1️⃣"UTC"}}"#,
      #"rules[0].actions[0].digest.tz says by whose clock "at" is meant, and there is none (add "at", such as "09:00", or remove it)"#
    )
    expectActionErrors(
      #"{"send": "chat", "digest": {"at": 1️⃣"9:00"}}"#,
      #"rules[0].actions[0].digest.at is no time of day: "9:00" (write 00:00 to 23:59)"#)
    expectRuleErrors(
      #"{"name": "r", "actions": [{"send": "chat", "digest": {"window": 1️⃣"10ms", "by": [2️⃣"phas"], "max": 3️⃣0, 4️⃣"size": 1}}]}"#,
      "rules[0].actions[0].digest.window is out of range: 10ms (allowed: 1000 ms to 7d)",
      #"no event has "phas" (did you mean "phase"?)"#,
      "rules[0].actions[0].digest.max must be a whole number from 1 to 1000",
      #"unknown field "size" in rules[0].actions[0].digest (known here: window, at, tz, by, max)"#)
    expectActionErrors(
      #"{"send": "chat", "text": 1️⃣"{{flow}}", "digest": {"window": "1m"}}"#,
      #"{{flow}} differs from event to event (write it inside {{#events}}…{{/events}}, or name it in "by")"#)
    expectActionErrors(
      #"{"run": ["x"], 1️⃣"digest": {"window": "1m"}}"#,
      #"unknown field "digest" in rules[0].actions[0] (known here: run, env, workingDirectory, user, umask, once, concurrency, id, timeout, retryFor, include, when, then, onFailure)"#
    )
  }
}
