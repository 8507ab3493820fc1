import JSONSource
import Testing

@testable import Rules

@Suite struct TemplateHelperTests {
  private func render(_ template: String, _ data: String) throws -> String {
    try TextTemplate(template, markup: .plain).render(TemplateData(JSONDocument(parsing: Array(data.utf8)), link: nil))
  }

  @Test(arguments: [
    ("{{uppercased(flow)}}", "ÉTUDE ONE"), ("{{lowercased(flow)}}", "étude one"),
    ("{{capitalized(flow)}}", "Étude one"),
    ("{{truncate3(flow)}}", "Étu…"), ("{{truncate(flow)}}", "Étude one"), ("{{truncate9(flow)}}", "Étude one"),
    ("{{json(flow)}}", #""Étude one""#), ("{{duration(durationSeconds)}}", "2h 14m"),
    ("{{time(endedAt)}}", "23 Nov 2026, 09:46 UTC"), ("{{json(attributes)}}", #"{"a": 1.0}"#),
    ("{{json(durationSeconds)}}", "8040"), ("{{uppercased(truncate3(flow))}}", "ÉTU…"),
    ("{{#attributes}}{{a}}{{/attributes}}", "1.0"), ("{{#message}}no{{/message}}{{^message}}yes{{/message}}", "yes"),
    ("{{time(flow)}}", "Étude one"), ("{{truncate(message)}}", ""),
  ])
  func `a helper makes of a value what it says`(template: String, expected: String) throws {
    let data = #"""
      {"flow": "Étude one", "durationSeconds": 8040, "endedAt": "2026-11-23T09:46:00.000Z", "attributes": {"a": 1.0},
       "message": null}
      """#
    #expect(try render(template, data) == expected)
  }

  @Test(arguments: [
    ("{{json(message)}}", "null"), ("{{json(attributes.none)}}", "null"), ("{{json(run.a.b.c)}}", "null"),
    ("{{json(run.text)}}", "\"\""), ("{{json(run.null)}}", "null"), ("{{json(run.no)}}", "false"),
    ("{{json(run.list)}}", "[null,true,{}]"), ("{{json(run.list.0)}}", "null"),
    ("{{#run.list}}{{json(.)}} {{/run.list}}", "null true {} "), ("{{json(uppercased(message))}}", "null"),
    ("{{truncate2(json(message))}}", "nu…"),
    ("{{#run}}{{json(flow)}}{{json(.text)}}{{json(.flow)}}{{/run}}", "\"f\"\"\"null"),
    ("{{#empty(message)}}none{{/empty(message)}}{{^empty(flow)}} some{{/empty(flow)}}", "none some"),
    ("{{ json( flow ) }}", "\"f\""), ("{{uppercased(run.no)}}", "FALSE"),
    ("{{run.no.renderText}}{{run.list.elements}}", ""),
    ("{{truncate4(run.list)}}", "[nul…"),
  ])
  func `json of nothing is null, and of everything else the value`(template: String, expected: String) throws {
    let data = #"""
      {"flow": "f", "message": null, "run": {"text": "", "null": null, "no": false, "list": [null,true,{}]}, "attributes": {}}
      """#
    #expect(try render(template, data) == expected)
  }

  @Test(arguments: [
    (#"{{attributes["a.b"]}}"#, "1"), (#"{{attributes["team name"]}}"#, "2"), (#"{{attributes['x/y']}}"#, "3"),
    (#"{{attributes["größe"]}}"#, "4"), (#"{{attributes['say "hi"']}}"#, "5"), (#"{{attributes["say \"hi\""]}}"#, "5"),
    (#"{{attributes["back\\slash"]}}"#, "6"), (#"{{attributes["}}"]}}"#, "7"), (#"{{attributes["f(x)"]}}"#, "8"),
    (#"{{uppercased(attributes["a.b"])}}"#, "1"), (#"{{json(attributes["none at all"])}}"#, "null"),
    (#"{{#attributes["a.b"]}}[{{.}}]{{/attributes["a.b"]}}{{^attributes["c d"]}}!{{/attributes['c d']}}"#, "[1]!"),
    (#"{{#attributes}}{{["team name"]}}{{plain}}{{/attributes}}"#, "29"), (#"{{run["deep.er"].x["y z"]}}"#, "10"),
    (#"{{! "quoted }}{{attributes.plain}}"#, "9"),
  ])
  func `a key of any letters can be named`(template: String, expected: String) throws {
    let data = #"""
      {"attributes": {"a.b": "1", "team name": "2", "x/y": "3", "größe": "4", "say \"hi\"": "5", "back\\slash": "6", "}}": "7",
        "f(x)": "8", "plain": "9"}, "run": {"deep.er": {"x": {"y z": 10}}}}
      """#
    #expect(try render(template, data) == expected)
  }

  @Test func `a value has no members of ours to look into`() throws {
    #expect(try render("{{#run}}{{#x}}[{{renderText}}]{{/x}}{{/run}}", #"{"run": {"x": "secret"}}"#) == "[]")
  }
}
