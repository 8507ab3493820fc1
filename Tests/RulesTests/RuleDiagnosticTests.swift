import Testing

@testable import Rules

struct RuleDiagnosticTests {
  @Test func `a rule needs a name of its own and a list of actions`() {
    expectRuleErrors(#"1️⃣{"actions": [{"shell": "x"}]}"#, #"rules[0] needs "name""#)
    expectRuleErrors(#"1️⃣{"name": "r"}"#, #"rules[0] needs "actions""#)
    expectRuleErrors(
      #"{"name": 1️⃣7, "actions": 2️⃣{}}"#,
      "rules[0].name must be a string, and is a number", "rules[0].actions must be a list, and is an object")
    expectRuleErrors(#"{"name": 1️⃣"", "actions": 2️⃣[]}"#, "rules[0].name is empty", "rules[0].actions is an empty list")
    expectRuleErrors(
      #"{"name": 1️⃣"a\nb", "actions": [{"shell": "x"}]}"#, "the name of a rule is one line of at most 100 characters")
    expectRuleErrors(
      #"{"name": "r", "actions": [{"shell": "x"}]}, {"name": 1️⃣"r", "actions": [{"shell": "x"}]}"#,
      #"a rule named "r" stands in this file already"#)
  }

  @Test func `on is a phase or a group of them, or a list`() {
    expectRuleErrors(
      #"{"name": "r", "on": ["failed", 1️⃣"Failed", 2️⃣"done", 3️⃣7], "actions": [{"shell": "x"}]}"#,
      #"unknown phase "Failed" (did you mean "failed"?)"#,
      #"unknown phase "done" (known here: pending, running, succeeded, failed, error, cancelled, disappeared, sourceUnreachable, sourceRecovered, destinationStopped, terminal, any)"#,
      "rules[0].on must be a string, and is a number")
    expectRuleErrors(#"{"name": "r", "on": 1️⃣[], "actions": [{"shell": "x"}]}"#, "rules[0].on is an empty list")
    expectRuleErrors(
      #"{"name": "r", "on": 1️⃣"canceled", "actions": [{"shell": "x"}]}"#,
      #"unknown phase "canceled" (did you mean "cancelled"?)"#)
  }

  @Test func `a time is for phases in which a run can stay`() {
    let hint = #"(write "on": "running", "on": "pending", or both)"#
    expectRuleErrors(
      #"{"name": "r", "for": 1️⃣"1h", "actions": [{"shell": "x"}]}"#,
      "rules[0].for is for phases in which a run can stay, and succeeded is none \(hint)")
    expectRuleErrors(
      #"{"name": "r", "on": ["running", "disappeared"], "for": 1️⃣"1h", "actions": [{"shell": "x"}]}"#,
      "rules[0].for is for phases in which a run can stay, and disappeared is none \(hint)")
    expectRuleErrors(
      #"{"name": "r", "on": "running", "for": 1️⃣"1ms", "actions": [{"shell": "x"}]}"#,
      "rules[0].for is out of range: 1ms (allowed: 1000 ms to 365d)")
    expectRuleErrors(
      #"{"name": "r", "on": "running", "for": 1️⃣7, "actions": [{"shell": "x"}]}"#,
      "rules[0].for must be a string, and is a number")
  }

  @Test func `an action does exactly one thing`() {
    let verbs = "(give it one of: send, run, shell, download)"
    expectActionErrors("1️⃣{}", "rules[0].actions[0] must do exactly one thing \(verbs)")
    expectActionErrors(#"1️⃣{"id": "x"}"#, "rules[0].actions[0] must do exactly one thing \(verbs)")
    expectActionErrors(
      #"1️⃣{"run": ["x"], "shell": "x"}"#, "rules[0].actions[0] must do exactly one thing \(verbs)")
    expectActionErrors(
      #"{1️⃣"sned": "chat"}"#, #"rules[0].actions[0] must do exactly one thing (did you mean "send"?)"#)
    expectActionErrors("1️⃣7", "rules[0].actions[0] must be an object, and is a number")
  }

  @Test func `values of an action of the wrong kind are told so`() {
    expectActionErrors(#"{"send": 1️⃣7}"#, "rules[0].actions[0].send must be a string, and is a number")
    expectActionErrors(#"{"run": 1️⃣"ls"}"#, "rules[0].actions[0].run must be a list, and is a string")
    expectActionErrors(#"{"run": 1️⃣[]}"#, "rules[0].actions[0].run is an empty list")
    expectActionErrors(
      #"{"run": ["ls", 1️⃣7]}"#, "an element of rules[0].actions[0].run must be a string, and is a number")
    expectActionErrors(#"{"shell": 1️⃣["ls"]}"#, "rules[0].actions[0].shell must be a string, and is a list")
    expectActionErrors(#"{"shell": 1️⃣""}"#, "rules[0].actions[0].shell is empty")
    expectActionErrors(
      #"{"send": "chat", "text": 1️⃣{}}"#, "rules[0].actions[0].text must be a string, and is an object")
    expectActionErrors(#"{"shell": "x", "id": 1️⃣7}"#, "rules[0].actions[0].id must be a string, and is a number")
    expectActionErrors(#"{"shell": "x", "id": 1️⃣"a b"}"#, "rules[0].actions[0].id holds letters, digits, _ and - only")
    expectActionErrors(
      #"{"shell": "x", "timeout": 1️⃣"1w"}"#,
      #"rules[0].actions[0].timeout is no duration: "1w" (durations look like 500ms, 30s, 5m, 2h30m or 7d)"#)
    expectActionErrors(
      #"{"send": "chat", "timeout": 1️⃣"1h"}"#,
      "rules[0].actions[0].timeout is out of range: 1h (allowed: 100 ms to 10m)")
  }

  @Test func `an unknown destination is told with the nearest known one`() {
    expectActionErrors(#"{"send": 1️⃣"chatt"}"#, #"unknown destination "chatt" (did you mean "chat"?)"#)
    expectActionErrors(
      #"{"send": 1️⃣"pager"}"#, #"unknown destination "pager" (known here: chat, hook-in)"#)
  }

  @Test func `text is for chat, and stands alone`() {
    expectActionErrors(
      #"{"send": "hook-in", "text": 1️⃣"x"}"#,
      #""text" is for chat destinations (a webhook receives the whole event, or what "body" says)"#)
    expectActionErrors(
      #"{"send": "chat", "text": 1️⃣"x", "body": {}}"#,
      #"rules[0].actions[0] has both "text" and "body" (keep one of the two)"#)
  }

  @Test func `an id names one action of its rule, and is told at its second place`() {
    expectRuleErrors(
      #"{"name": "r", "actions": [{"shell": "x", "id": "a"}, {"shell": "y", "id": "b"}, {"shell": "z", "id": 1️⃣"a"}]}"#,
      #"two actions of rules[0] have the id "a" (an id names one action)"#)
    expectRuleErrors(
      #"{"name": "r", "actions": [{"shell": "x", "id": "a"}]}, {"name": "s", "actions": [{"shell": "x", "id": "a"}]}"#)
  }

  @Test func `the environment of a hook has plain names that are not ours, and references that lead somewhere`() {
    expectRuleErrors(
      #"""
      {"name": "r", "actions": [{"run": ["x"], "env": {1️⃣"VI_PHASE": "x", 2️⃣"a-b": "x", 3️⃣"": "x", "OK": "${env:TOKEN}",
        "A": 4️⃣"${env:NOWHERE}", "B": 5️⃣7}}, {"shell": "x", "env": 6️⃣[]}]}
      """#,
      #""VI_PHASE" can't be set for a hook (names hold letters, digits and _; VI_… is set by vi-notify)"#,
      #""a-b" can't be set for a hook (names hold letters, digits and _; VI_… is set by vi-notify)"#,
      #""" can't be set for a hook (names hold letters, digits and _; VI_… is set by vi-notify)"#,
      "rules[0].actions[0].env.A: the environment variable NOWHERE is not set (set it before the start: export NOWHERE=…)",
      "rules[0].actions[0].env.B must be a string that is not empty",
      "rules[0].actions[1].env must be an object, and is a list")
  }

  @Test(arguments: [
    ("1️⃣{}", #"match: write at least one field into {} (to ask for presence, write [{"exists": true}])"#),
    (#"{"flow": 1️⃣"x"}"#, #"match.flow: write ["x"], not "x" (a pattern's values go into a list)"#),
    ("1️⃣[1]", #"match: write an object, not a list (a pattern is like {"phase": ["failed"]})"#),
    (#"{"flow": 1️⃣[]}"#, "match.flow: write at least one value into [] (an empty list would match nothing)"),
  ])
  func `a mistake in a pattern is told at its place`(pattern: String, message: String) {
    expectRuleErrors(#"{"name": "r", "match": \#(pattern), "actions": [{"shell": "x"}]}"#, message)
  }

  @Test func `three mistakes in one pattern are three messages`() {
    expectRuleErrors(
      #"{"name": "r", "match": {"flow": 1️⃣"x", "reason": [{2️⃣"prefx": "a"}], "run": {"a": 3️⃣7}}, "actions": [{"shell": "x"}]}"#,
      #"match.flow: write ["x"], not "x" (a pattern's values go into a list)"#,
      #"match.reason[0].prefx: "prefx" isn't an operator (one of exactly, prefix, suffix, equals-ignore-case, wildcard, "#
        + "anything-but, numeric, exists, cidr)",
      "match.run.a: write [7], not 7 (a pattern's values go into a list)")
  }

  @Test(arguments: [
    (#"{"1️⃣floww": ["x"]}"#, "did you mean \"flow\"?"),
    (#"{"phase": 1️⃣["running"]}"#, "name these phases in \"on\" instead"),
  ])
  func `what can never match is a warning`(pattern: String, hint: String) {
    let file = MarkedFile(
      #"{"version": 1, "rules": [{"name": "r", "match": \#(pattern), "actions": [{"shell": "x"}]}]}"#)
    #expect(file.diagnostics.count == 1)
    #expect(file.diagnostics.first?.contains("warning") == true)
    #expect(file.diagnostics.first?.contains(hint) == true)
  }
}
