import JSONSource
import Runs
import Secrets
import Testing
import TimeZones

@testable import Rules

@Suite struct FieldTests {
  @Test func `the default that a field names is what holds without it`() throws {
    try check(Shape.watch, "watch", WatchDraft()) { "\($0.settings)" }
    try check(Shape.quiet, "quiet", QuietDraft()) { "\($0)" }
    try check(Shape.digest, "digest", DigestDraft()) { "\($0)" }
    try check(Shape.rateLimit, "rateLimit", RateLimitDraft()) { "\($0)" }
  }

  @Test func `every example can be read`() throws {
    try examples(Shape.watch, WatchDraft())
    try examples(Shape.quiet, QuietDraft())
    try examples(Shape.digest, DigestDraft())
    try examples(Shape.rateLimit, RateLimitDraft())
  }

  @Test func `the schema is JSON, and describes every field of an object that is made of fields`() throws {
    let schema = try JSONDocument(parsing: Array(RuleSchema.text.utf8)).root
    for name in ["watch", "quiet", "digest", "rateLimit"] {
      let properties = try #require(schema["$defs"]?[name]?["properties"]?.members)
      #expect(!properties.isEmpty)
      for property in properties {
        #expect(property.value["description"]?.string?.isEmpty == false, "\(name).\(property.key)")
        #expect(property.value["examples"]?.elements?.isEmpty == false, "\(name).\(property.key)")
      }
    }
  }

  /// Every field with a default, one after the other, alone in its object.
  private func check<Draft>(
    _ shape: Shape<Draft>, _ path: String, _ draft: Draft, _ describe: (Draft) -> String
  ) throws {
    for field in shape.fields {
      guard let standard = field.standard else { continue }
      let (read, problems) = try self.read(field, standard, shape, draft)
      #expect(problems.isEmpty, "\(path).\(field.key): \(problems)")
      #expect(describe(read) == describe(draft), "\(path).\(field.key)")
    }
  }

  private func examples<Draft>(_ shape: Shape<Draft>, _ draft: Draft) throws {
    for field in shape.fields {
      let (_, problems) = try read(field, field.example, shape, draft)
      #expect(problems.isEmpty, "\(field.key): \(problems)")
    }
  }

  private func read<Draft>(
    _ field: Field<Draft>, _ value: String, _ shape: Shape<Draft>, _ draft: Draft
  ) throws -> (Draft, [String]) {
    let document = try JSONDocument(parsing: Array(#"{"\#(field.key)": \#(value)}"#.utf8))
    let diagnostics = DiagnosticList()
    let context = FieldContext(
      diagnostics: diagnostics, secrets: SecretSource(environment: [:]), zones: ZoneFinder(.system))
    var draft = draft
    let reader = try #require(
      ObjectReader(document.root, path: "it", known: shape.keys, diagnostics), "\(field.key)")
    _ = field.read(reader, context, &draft)
    return (draft, diagnostics.all.map(\.message))
  }
}
