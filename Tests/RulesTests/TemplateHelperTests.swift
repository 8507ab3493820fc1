import JSONSource
import Testing

@testable import Rules

@Suite struct TemplateHelperTests {
  private func render(_ template: String, _ data: String) throws -> String {
    try TextTemplate(template, markup: .plain).render(TemplateData(JSONDocument(parsing: Array(data.utf8))))
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

  @Test func `a value has no members of ours to look into`() throws {
    #expect(try render("{{#run}}{{#x}}[{{renderText}}]{{/x}}{{/run}}", #"{"run": {"x": "secret"}}"#) == "[]")
  }
}
