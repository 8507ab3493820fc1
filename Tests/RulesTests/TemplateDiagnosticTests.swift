import Testing

@testable import Rules

struct TemplateDiagnosticTests {
  private func expectTextErrors(_ text: String, _ messages: String...) {
    let file = MarkedFile(
      #"""
      {"version": 1, "destinations": {"chat": {"type": "slack", "url": "${env:SLACK_URL}"}}, "rules": [
        {"name": "r", "actions": [{"send": "chat", "text": 1️⃣"\#(text)"}]}]}
      """#)
    #expect(file.diagnostics == messages.map { "\(file.places[0]) error: \($0)" })
  }

  @Test(arguments: [
    "{{flow}} {{ phase }} {{run.spec.flow.anything.goes}} {{attributes.stage}}", "{{! what {{ever }}", "no braces { }",
    "{{#flow}}{{flow}}{{/flow}}{{^flow}}none{{/flow}}",
    "{{#run.status.conditions}}{{condition}} {{.}}{{/run.status.conditions}}",
    "{{uppercased(flow)}}",
  ])
  func `a template over what can exist passes`(text: String) {
    expectTextErrors(text)
  }

  @Test func `a variable that can't exist is told with the nearest one`() {
    expectTextErrors("{{flw}}", #"{{flw}} can't exist (did you mean "flow"?)"#)
    expectTextErrors("{{message}} {{ runID }}", #"{{runID}} can't exist (did you mean "runId"?)"#)
    expectTextErrors("{{flow.name}}", "{{flow.name}} can't exist: flow has no members (write {{flow}})")
    expectTextErrors("{{#runs}}{{/runs}}", #"{{runs}} can't exist (did you mean "run"?)"#)
    expectTextErrors("{{#flow}}{{condition2}}{{/flow}}", #"{{condition2}} can't exist (did you mean "condition"?)"#)
    expectTextErrors("{{^run}}{{x}}{{/run}}", Self.unknown("x"))
    expectTextErrors(
      "{{steps.model.path}}",
      "{{steps.model.path}} can't exist: no step before this one has the id \"model\" "
        + "(steps are what \"then\" and \"onFailure\" come after; give that action an \"id\")")
  }

  @Test func `several mistakes in one text are several messages`() {
    expectTextErrors("{{a1}} {{b1}}", Self.unknown("a1"), Self.unknown("b1"))
  }

  @Test func `what would go round the escaping is refused`() {
    for tag in ["{{{flow}}}", "{{&flow}}", "{{& flow }}"] {
      let mark = tag.prefix(3)
      expectTextErrors(tag, "\"\(mark)\" would put a run's text into the message unescaped (write {{flow}})")
    }
    for tag in ["{{=<% %>=}}", "{{>partial}}", "{{<parent}}", "{{$block}}", "{{%CONTENT_TYPE:HTML}}", "{{*x}}"] {
      expectTextErrors(
        tag, "\"\(tag.prefix(3))\" is not known here (known are {{x}}, {{#x}}, {{^x}}, {{/x}} and {{! a comment }})")
    }
    expectTextErrors("{{ {flow} }}", "{{ {flow} }} names nothing (write {{flow}} or {{run.spec.flow.name}})")
    expectTextErrors("{{ &flow }}", "{{ &flow }} names nothing (write {{flow}} or {{run.spec.flow.name}})")
  }

  @Test func `braces that are not closed as they were opened are told`() {
    expectTextErrors("{{flow", "\"{{\" is never closed (close it with }})")
    expectTextErrors("{{}}", "{{}} names nothing (write {{flow}} or {{run.spec.flow.name}})")
    expectTextErrors("{{#flow}}{{/phase}}", "{{/phase}} closes nothing that is open")
    expectTextErrors("{{/flow}}", "{{/flow}} closes nothing that is open")
    expectTextErrors(
      "{{#flow}}x",
      "the template can't be read: a section is not closed as it was opened (close {{#x}} with {{/x}})")
  }

  @Test func `a name that can't be is told with the right spelling`() {
    let cases = [
      ("attributes.team name", #"attributes["team name"]"#), ("attributes.x/y", #"attributes["x/y"]"#),
      ("attributes.größe", #"attributes["größe"]"#), ("run..spec", "run.spec"),
      ("run.spec.a b.c", #"run.spec["a b"].c"#),
      ("attributes.loss (val)", #"attributes["loss (val)"]"#),
    ]
    for (written, meant) in cases {
      expectTextErrors("{{\(written)}}", "{{\(written)}} names nothing (write {{\(meant)}})")
    }
    expectTextErrors(
      "{{attributes.a.b}}",
      #"{{attributes.a.b}} can't exist: an attribute has no members (write {{attributes["a.b"]}})"#)
    for written in ["attributes[a b]", "attributes['a b]", "attributes['']", "attributes['a']b", "run."] {
      expectTextErrors("{{\(written)}}", "{{\(written)}} names nothing (write {{flow}} or {{run.spec.flow.name}})")
    }
    expectTextErrors("{{json(flow}}", "{{json(flow}} is not closed as it was opened (close each ( with ))")
  }

  @Test func `a transform that does not exist is told, for it would render as nothing`() {
    expectTextErrors(
      "{{uppercase(flow)}}", #"there is no helper "uppercase" (did you mean "uppercased"?)"#)
  }

  @Test func `what would overflow the library that renders is refused`() {
    let deep = String(repeating: "{{#run}}", count: 400) + String(repeating: "{{/run}}", count: 400)
    expectTextErrors(deep, "sections are nested deeper than 50 levels")
    expectTextErrors(String(repeating: "{{#run}}", count: 1_000), "sections are nested deeper than 50 levels")
    let helpers = String(repeating: "json(", count: 1_000) + "flow" + String(repeating: ")", count: 1_000)
    expectTextErrors(String(repeating: "{{flow}}", count: 1_001), "this template has more than 1000 tags")
    let long = String(repeating: "x", count: 100_000)
    expectTextErrors(long + "{{flow}}", "a text with tags may have 100000 bytes, and this has more")
    expectTextErrors(long)
    expectTextErrors("{{\(helpers)}}", "more than 10 helpers stand round one variable")
  }

  @Test func `references are refused in what goes out`() {
    let hint = "(secrets belong in the url or the headers of a destination, or in the env of a hook)"
    let message = "references such as ${env:…} are not looked up here, so that no secret goes out in a message \(hint)"
    expectTextErrors("key ${env:TOKEN}", message)
    expectActionErrors(#"{"run": ["x", 1️⃣"${env:TOKEN}"]}"#, message)
    expectActionErrors(#"{"send": "hook-in", "body": {"a": [{"b": 1️⃣"${env:TOKEN}"}]}}"#, message)
  }

  @Test func `templates in a shell script are refused`() {
    expectActionErrors(
      #"{"shell": 1️⃣"echo {{flow}}"}"#,
      "templates in \"shell\" are refused: what a run says would be run by the shell "
        + "(use \"$VI_FLOW\" and its like, or \"run\" with a list of arguments)")
  }

  @Test func `a mistake in a body is told at its leaf`() {
    expectActionErrors(
      #"{"send": "hook-in", "body": {"a": [1, {"b": 1️⃣"{{flw}}"}]}}"#, #"{{flw}} can't exist (did you mean "flow"?)"#)
    expectActionErrors(#"{"run": ["x", 1️⃣"{{flw}}"]}"#, #"{{flw}} can't exist (did you mean "flow"?)"#)
  }

  private static func unknown(_ name: String) -> String {
    "{{\(name)}} can't exist (known here: runId, phase, previousPhase, flow, trainingProject, condition, reason, message, "
      + "createdAt, startedAt, endedAt, durationSeconds, durationText, usualDurationSeconds, "
      + "organization, destination, attributes, run, runUrl, comparison and 1 more)"
  }
}
