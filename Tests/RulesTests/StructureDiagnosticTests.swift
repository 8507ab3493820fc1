import Testing

@testable import Rules

/// Mistakes in what stands around the rules: fields, kinds of values, the whole file.
struct StructureDiagnosticTests {
  private static let rules = #""rules": [{"name": "r", "actions": [{"shell": "x"}]}]"#

  @Test func `three mistakes are three messages, each at its place`() {
    expectErrors(
      #"""
      {
        "version": 1,
        "destinations": {"chat": {"type": 1️⃣"slak", "url": "${env:SLACK_URL}"}},
        "rules": [
          // é😀 a column counts characters
          {"name": "é😀", 2️⃣"onn": "failed", "actions": [{"send": "chat"}]},
          {"name": "b", "actions": [{"send": 3️⃣"nobody"}]}
        ]
      }
      """#,
      #"unknown type of destination "slak" (did you mean "slack"?)"#,
      #"unknown field "onn" in rules[0] (did you mean "on"?)"#,
      #"unknown destination "nobody" (describe it under "destinations")"#)
  }

  @Test func `a mistake in the notation does not hide one in the meaning`() {
    expectErrors(
      #"{"version": 1️⃣one, "rules": [{"name": "r", "on": 2️⃣"faild", "actions": [{"shell": "x"}]}]}"#,
      #"one isn't a JSON value (write "one" if you mean a string)"#, #"unknown phase "faild" (did you mean "failed"?)"#)
  }

  @Test func `unknown fields are told with the nearest known one, or with all of them`() {
    expectErrors(
      #"{"version": 1, 1️⃣"verison": 1, 2️⃣"x": {}, \#(Self.rules)}"#,
      #"unknown field "verison" in the rules file (did you mean "version"?)"#,
      #"unknown field "x" in the rules file (known here: $schema, version, retention, takeOver, source, watch, destinations, rules)"#
    )
    expectErrors(
      #"{"version": 1, "source": {1️⃣"secretkey": "x"}, "watch": {2️⃣"intervall": "5s"}, \#(Self.rules)}"#,
      #"unknown field "secretkey" in source (did you mean "secretKey"?)"#,
      #"unknown field "intervall" in watch (did you mean "interval"?)"#)
    expectDestinationErrors(
      #"{"type": "webhook", "url": "https://x.example", 1️⃣"header": {}}"#,
      #"unknown field "header" in destinations.d (did you mean "headers"?)"#)
    expectRuleErrors(
      #"{"name": "r", "actions": [{"send": "chat", 1️⃣"texte": "x"}, {"run": ["x"], 2️⃣"text": "x"}]}"#,
      #"unknown field "texte" in rules[0].actions[0] (did you mean "text"?)"#,
      #"unknown field "text" in rules[0].actions[1] (known here: run, env, workingDirectory, user, umask, once, concurrency, id, timeout, retryFor, include, when, then, onFailure)"#
    )
  }

  @Test(arguments: [
    ("", "1:1 error: the text is empty"), ("[]", "1:1 error: the rules file must be an object, and is a list"),
    ("7", "1:1 error: the rules file must be an object, and is a number"),
    ("{}", #"1:1 error: the rules file needs "version"; 1:1 error: the rules file needs "rules""#),
  ])
  func `a file that is no rules file is told so`(text: String, told: String) {
    #expect(MarkedFile(text).diagnostics.joined(separator: "; ") == told)
  }

  @Test(arguments: ["2", "0", "\"1\"", "null", "1.5"])
  func `another version is refused`(version: String) {
    expectErrors(
      #"{"version": 1️⃣\#(version), \#(Self.rules)}"#,
      #"this version of the rules file is unknown (write "version": 1)"#)
  }

  @Test func `a key that stands twice is refused`() {
    expectErrors(
      #"{"version": 1, 1️⃣"version": 1, \#(Self.rules)}"#,
      #""version" is repeated; it is first on line 1, column 2 (remove one of the two)"#)
  }

  @Test func `sections of the wrong kind are told so`() {
    expectErrors(
      #"{"version": 1, "source": 1️⃣[], "watch": 2️⃣"x", "destinations": 3️⃣7, "rules": 4️⃣{}}"#,
      "source must be an object, and is a list", "watch must be an object, and is a string",
      "destinations must be an object of destinations by name, and is a number",
      "the rules file.rules must be a list, and is an object")
    expectErrors(#"{"version": 1, "rules": 1️⃣[]}"#, "the rules file.rules is an empty list")
    expectErrors(#"{"version": 1, "rules": [1️⃣null]}"#, "rules[0] must be an object, and is null")
  }

  @Test func `a wrong pattern and a wrong switch of watch are told so`() {
    expectErrors(
      #"{"version": 1, "watch": {"match": {"flow": 1️⃣"x"}, "adaptive": 2️⃣"no"}, \#(Self.rules)}"#,
      #"match.flow: write ["x"], not "x" (a pattern's values go into a list)"#,
      "watch.adaptive must be true or false, and is a string")
  }

  @Test func `members of source and watch of the wrong kind or content are told so`() {
    expectErrors(
      #"""
      {"version": 1,
       "source": {"endpoint": 1️⃣7, "organization": 2️⃣"", "secretKey": 3️⃣"${env:MISSING}"},
       "watch": {"runs": [4️⃣7, 5️⃣"a/b", "ok"], "interval": 6️⃣"soon", "since": 7️⃣"yesterday"}, \#(Self.rules)}
      """#,
      "source.endpoint must be a string that is not empty", "source.organization must be a string that is not empty",
      "source.secretKey: the environment variable MISSING is not set (set it before the start: export MISSING=…)",
      "an entry of watch.runs must be a string, and is a number",
      #""a/b" is no run id (ids hold letters, digits, _ and -)"#,
      #"watch.interval is no duration: "soon" (durations look like 500ms, 30s, 5m, 2h30m or 7d)"#,
      #"watch.since can't be read: "yesterday" (write now, all, a duration such as 2h, or a time such as 2026-11-23T09:46:00Z)"#
    )
    expectErrors(
      #"{"version": 1, "watch": {"runs": 1️⃣"run_1", "interval": 2️⃣"50ms", "since": 3️⃣7}, \#(Self.rules)}"#,
      "watch.runs must be a list, and is a string",
      "watch.interval is out of range: 50ms (allowed: 100 ms to 1d)", "watch.since must be a string, and is a number")
  }

  @Test(arguments: [
    #""version": nope, \#(rules)"#, #""version": 1, "watch": nope, \#(rules)"#, #""version": 1, "rules": nope"#,
    #""version": 1, "source": {"endpoint": nope}, \#(rules)"#, #""version": 1, "destinations": nope, \#(rules)"#,
    #""version": 1, "destinations": {"d": {"type": nope, "url": "https://x.example"}}, \#(rules)"#,
    #""version": 1, "destinations": {"d": {"type": "slack", "url": nope}}, \#(rules)"#,
    #""version": 1, "destinations": {"d": {"type": "slack", "url": "https://x.example", "headers": nope}}, \#(rules)"#,
    #""version": 1, "destinations": {"d": {"type": "slack", "url": "https://x.example", "concurrency": nope}}, \#(rules)"#,
    #""version": 1, "rules": [{"name": nope, "actions": [{"shell": "x"}]}]"#,
    #""version": 1, "rules": [{"name": "r", "actions": [nope]}]"#,
    #""version": 1, "rules": [{"name": "r", "actions": [{"shell": "x", "env": nope}]}]"#,
    #""version": 1, "rules": [{"name": "r", "match": nope, "actions": [{"shell": "x"}]}]"#,
    #""version": 1, "rules": [{"name": "r", "on": nope, "actions": [{"shell": "x"}]}]"#,
  ])
  func `a value that can't be read is one mistake and not two`(members: String) {
    expectErrors(
      "{\(members.replacing("nope", with: "1️⃣nope"))}", #"nope isn't a JSON value (write "nope" if you mean a string)"#)
  }

  @Test func `what no system takes as one argument is a mistake`() {
    let long = String(repeating: "x", count: 131_072)
    expectErrors(
      #"{"version": 1, "rules": [{"name": "r", "actions": [{"shell": 1️⃣"\#(long)"}, {"run": ["true", 2️⃣"\#(long)"]}]}]}"#,
      "this has 131072 bytes, and no system takes more than 131071 in one argument (put it into a file and run that)",
      "this has 131072 bytes, and no system takes more than 131071 in one argument (put it into a file and run that)")
  }
}
