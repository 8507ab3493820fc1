import Testing

@testable import Rules

/// What is allowed and can't be meant.
struct PatternWarningTests {
  private func expectWarnings(
    _ members: String, _ messages: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    let file = MarkedFile(
      #"{"version": 1, "watch": {"runs": ["run_a", "run_b"]}, "rules": [{"name": "r", \#(members), "actions": [{"shell": "x"}]}]}"#
    )
    let expected = zip(file.places, messages).map { "\($0) warning: \($1)" }
    #expect(file.places.count == messages.count, "one mark for each message", sourceLocation: sourceLocation)
    #expect(file.diagnostics == expected, sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    #"["running"]"#, #"["Failed", "x"]"#, #"[{"prefix": "run"}]"#, #"[{"anything-but": ["failed", "error"]}]"#,
    #"[{"exists": false}]"#, "[null]",
  ])
  func `a phase that on leaves out can never fire, however it is asked for`(condition: String) {
    expectWarnings(
      #""on": ["failed", "error"], "match": {"phase": 1️⃣\#(condition)}"#,
      #"this rule can never fire: its "on" allows only error, failed (name these phases in "on" instead)"#)
  }

  @Test(arguments: [
    #"["failed", "running"]"#, #"[{"prefix": "f"}]"#, #"[{"anything-but": "error"}]"#, #"[{"exists": true}]"#,
  ])
  func `a phase that on allows is no matter`(condition: String) {
    expectWarnings(#""on": ["failed", "error"], "match": {"phase": \#(condition)}"#)
  }

  @Test func `a run that watch leaves out can never fire`() {
    let told =
      "this rule can never fire: watch.runs lets none of these runs through (add them to watch.runs, or remove them here)"
    expectWarnings(#""match": {"runId": 1️⃣["run_c", "run_d"]}"#, told)
    expectWarnings(#""match": {"runId": 1️⃣[{"prefix": "job_"}]}"#, told)
    expectWarnings(#""match": {"runId": ["run_c", "run_a"]}"#)
    expectWarnings(#""match": {"runId": [{"suffix": "_b"}]}"#)
  }

  @Test func `the alternatives of $or are looked at one by one`() {
    expectWarnings(
      #""on": "failed", "match": {"$or": [{"phase": 1️⃣["running"]}, {2️⃣"floww": ["x"]}, {"flow": ["x"]}]}"#,
      #"this alternative never holds: its "on" allows only failed (name these phases in "on" instead)"#,
      #"no run has "floww", so this can only match where it asks for absence (did you mean "flow"?)"#)
  }

  @Test func `a field that is asked for what it never holds`() {
    let absence = "so this can only match where it asks for absence"
    expectWarnings(
      #""match": {"flow": 1️⃣{"name": ["x"]}}"#, "flow has no members, \(absence) (write its values into a list)")
    expectWarnings(
      #""match": {"attributes": 1️⃣["x"]}"#,
      #"attributes is an object, \#(absence) (name a field in it: {"attributes": {…}})"#)
    expectWarnings(
      #""match": {"durationSeconds": 1️⃣["60"]}"#,
      "durationSeconds is a number, and never a string (write it without quotation marks)")
    expectWarnings(#""match": {"flow": 1️⃣[7]}"#, "flow is a string, and never a number (write it in quotation marks)")
    expectWarnings(#""match": {"durationSeconds": [60, "60"], "flow": ["7", 7], "reason": [null]}"#)
  }

  @Test func `known fields have their kind at any depth`() {
    expectWarnings(
      #"""
      "match": {"durationSeconds": 1️⃣[{"prefix": "5"}], "reason": 2️⃣[{"numeric": [">", 1]}], "attributes": {"a.b c": 3️⃣[5], "n": 4️⃣{"x": [1]}},
        "run": {"spec": {"killedAt": 5️⃣["1766000000000"], "flow": {"name": 6️⃣[true], "settings": {"a.b": [1, "2"]}}},
          "status": {"conditions": {"lastTransitionTime": 7️⃣[{"wildcard": "*0"}, "1"], "$or": [{"reason": 8️⃣[7]}, {"status": ["x"]}]}}}}
      """#,
      #"durationSeconds is a number, and never a string (compare it by {"numeric": [">", 60]})"#,
      "reason is a string, and never a number (numeric compares numbers alone)",
      #"attributes["a.b c"] is a string, and never a number (write it in quotation marks)"#,
      "attributes.n has no members, so this can only match where it asks for absence (write its values into a list)",
      "run.spec.killedAt is a number, and never a string (write it without quotation marks)",
      "run.spec.flow.name is a string, and never true or false (write a string)",
      #"run.status.conditions.lastTransitionTime is a number, and never a string (compare it by {"numeric": [">", 60]})"#,
      "run.status.conditions.reason is a string, and never a number (write it in quotation marks)")
    expectWarnings(
      #"""
      "match": {"run": {"spec": {"killedAt": [{"exists": true}], "new": {"x": [1]}, "flow": {"name": [{"anything-but": 5}, null]}},
        "metadata": {"generation": [1, "1"], "attributes": {"a.b": ["x"]}}}, "attributes": {"a.b/c": ["x"], "n": [{"exists": false}]}}
      """#)
  }

  @Test func `a dotted name is told with the nested form`() {
    let absence = "so this can only match where it asks for absence"
    func told(_ name: String, _ nested: String, in holder: String = "no event") -> String {
      #"\#(holder) has a field with a dot in its name, as "\#(name)", \#(absence) (for a field in a field write \#(nested))"#
    }
    expectWarnings(
      #""match": {1️⃣"run.spec.flow.name": ["x"], 2️⃣"attributes.stage": ["x"], "run": {3️⃣"spec.flow.name": ["x"], "spec": {4️⃣"flow.name": ["x"]}}}"#,
      told("run.spec.flow.name", #"{"run": {"spec": {"flow": {"name": …}}}}"#),
      told("attributes.stage", #"{"attributes": {"stage": …}}"#),
      told("spec.flow.name", #"{"spec": {"flow": {"name": …}}}"#, in: "nothing in run"),
      told("flow.name", #"{"flow": {"name": …}}"#, in: "nothing in run.spec"))
    expectWarnings(
      #""match": {1️⃣"attributes.a.b": ["x"]}"#, told("attributes.a.b", #"{"attributes": {"a.b": …}}"#))
  }
}
