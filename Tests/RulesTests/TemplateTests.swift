import JSONSource
import Runs
import Testing

@testable import Rules

/// What templates make of good data.
struct TemplateTests {
  private static let members =
    #""spec":{"flow":{"name":"detector","rate":1.10,"big":12345678901234567890,"zero":-0,"on":true,"off":false,"none":null,"#
    + #""list":[1,"two",{"three":3}],"empty":[],"text":""}},"metadata":{"attributes":{"stage":"release"}}"#

  @Test(arguments: [
    ("{{run.spec.flow.rate}}", "1.10"), ("{{run.spec.flow.big}}", "12345678901234567890"),
    ("{{run.spec.flow.zero}}", "-0"), ("{{run.spec.flow.on}}", "true"), ("{{ run.spec.flow.off }}", "false"),
    ("{{run.spec.flow.list}}", #"[1,"two",{"three":3}]"#), ("{{attributes}}", #"{"stage":"release"}"#),
    ("{{flow}}", #""detector""#), ("{{run.spec.flow.none}}", "null"), ("{{run.spec.missing.deeper}}", "null"),
    ("{{message}}", "null"), ("{{run.spec.flow.text}}", #""""#),
  ])
  func `a leaf that is exactly one variable keeps its type and digits`(leaf: String, value: String) throws {
    let event = try RunEvent.of(members: Self.members)
    #expect(try webhookBody(#"{"a": "\#(leaf)"}"#, event) == #"{"a":\#(value)}"#)
  }

  @Test(arguments: [
    ("x{{run.spec.flow.rate}}", "x1.10"), ("{{flow}} ", "detector "), ("{{flow}}{{flow}}", "detectordetector"),
    ("[{{message}}]", "[]"), ("[{{run.spec.missing.deeper}}]", "[]"), ("{{uppercased(flow)}}", "DETECTOR"),
    ("{{uppercased(message)}}!", "!"), ("{{! a comment }}{{flow}}", "detector"), ("{ {flow} }", "{ {flow} }"),
  ])
  func `any other leaf is a text`(leaf: String, text: String) throws {
    let event = try RunEvent.of(members: Self.members)
    #expect(try webhookBody(#"{"a": "\#(leaf)"}"#, event) == #"{"a":"\#(text)"}"#)
  }

  @Test(arguments: [
    ("{{#flow}}has {{flow}}{{/flow}}{{^flow}}none{{/flow}}", "has detector"),
    ("{{#message}}has{{/message}}{{^message}}none{{/message}}", "none"),
    ("{{#run.spec.flow.on}}on{{/run.spec.flow.on}}{{#run.spec.flow.off}}off{{/run.spec.flow.off}}", "on"),
    ("{{^run.spec.flow.off}}off{{/run.spec.flow.off}}{{^run.spec.flow.none}}none{{/run.spec.flow.none}}", "offnone"),
    ("{{#run.spec.flow.list}}<{{.}}>{{/run.spec.flow.list}}", #"<1><two><{"three":3}>"#),
    (
      "{{#run.spec.flow.empty}}x{{/run.spec.flow.empty}}{{^run.spec.flow.empty}}nothing{{/run.spec.flow.empty}}",
      "nothing"
    ),
    ("{{^run.spec.flow.text}}no text{{/run.spec.flow.text}}", "no text"),
    ("{{#run.status.conditions}}{{condition}} of {{flow}}{{/run.status.conditions}}", "Failed of detector"),
    ("{{#attributes}}{{stage}}{{/attributes}}", "release"),
  ])
  func `sections render for what is there, and inverted ones for what is not`(text: String, expected: String) throws {
    #expect(try argument(text, .of(members: Self.members)) == expected)
  }

  @Test(arguments: [
    "plain", " ", "\n", "\n\n", "a\n", "\na", "a\n  ", "  a", "\t", "a\r\nb", "{", "}}", "{ {", "{\n", "\n {", "{\nx{",
    "é😀", "#!/bin/sh\n",
  ])
  func `text without a tag stays as it is`(text: String) throws {
    #expect(Array(try argument(text, .of()).utf8) == Array(text.utf8))
  }

  @Test(arguments: [
    ("\n{{phase}}", "\nfailed"), ("  {{phase}}", "  failed"), ("{{phase}}\n", "failed\n"),
    ("{{phase}}\n  ", "failed\n  "),
    ("\n  {{phase}}\n{{phase}}", "\n  failed\nfailed"), ("{{phase}} \n\n {{phase}}", "failed \n\n failed"),
    ("\n\n{{phase}}\n\n", "\n\nfailed\n\n"),
    ("{ {{phase}} {", "{ failed {"), ("{\n{{phase}}{\n}", "{\nfailed{\n}"), ("{{phase}}  ", "failed  "),
  ])
  func `space and line breaks round a variable stay as they are`(text: String, expected: String) throws {
    #expect(try argument(text, .of()) == expected)
  }

  @Test func `a body of any shape keeps it, with its digits and the order of its keys`() throws {
    let body = #"{"z": 1.10, "a": [true, null, -0, "x"], "{{flow}}": {"deep": ["{{phase}}"]}}"#
    #expect(
      try webhookBody(body, .of()) == #"{"z":1.10,"a":[true,null,-0,"x"],"{{flow}}":{"deep":["failed"]}}"#)
    #expect(try webhookBody(#""{{phase}}""#, .of()) == #""failed""#)
    #expect(try webhookBody("[]", .of()) == "[]")
  }
}
