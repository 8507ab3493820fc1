internal import JSONSource
internal import Secrets

/// `source`, as it is read. Nil: as ``SourceSettings/standard`` has it.
struct SourceDraft: Sendable {
  var endpoint: ReferenceText?
  var organization: ReferenceText?
  var secretKey: ReferenceText?
  var ca: ReferenceText?
  var link: RunLink?
}

extension Shape where Target == SourceDraft {
  static let source = Shape(
    says: "Where the runs are; by default the variables of the vendor's SDK.",
    fields: [
      Field(
        "endpoint", .reference(as: .endpoint), to: \.endpoint,
        default: #""${env:DATATURE_VI_API_ENDPOINT}""#, example: #""https://api.vi.datature.com""#,
        "The address of the API; without the variable, https://api.vi.datature.com."),
      Field(
        "organization", .reference(as: .plain), to: \.organization,
        default: #""${env:DATATURE_VI_ORGANIZATION_ID}""#, example: #""org_0123""#, "The organization's id."),
      Field(
        "secretKey", .reference(as: .credential), to: \.secretKey, default: #""${env:DATATURE_VI_SECRET_KEY}""#,
        example: #""${file:/run/secrets/vi}""#, "The secret key, as `${env:NAME}` or `${file:/path}`."),
      Field(
        "ca", .path, to: \.ca, example: #""/etc/ssl/proxy.pem""#, "PEM file of the only authorities to trust."),
      Field(
        "link", link, to: \.link, default: #""https://vi.datature.com/org/{{organization}}""#,
        example: #""https://vi.example.com/runs/{{runId}}""#,
        "Where people look at a run: a template for `{{runUrl}}` in messages."),
    ])

  private static let link = FieldType<RunLink>.own([
    "type": .text("string"), "pattern": .text("^[Hh][Tt][Tt][Pp][Ss]?://"),
  ]) { node, path, context in
    guard let text = context.text(node, path: path) else { return nil }
    guard ["https://", "http://"].contains(where: text.lowercased().hasPrefix) else {
      context.diagnostics.error(
        at: node.range, "\(path) does not begin with https:// or http://",
        hint: "write an address such as \(RunLink.standardText)")
      return nil
    }
    do throws(TemplateProblems) {
      return try RunLink(template: text)
    } catch {
      for problem in error.problems { context.diagnostics.error(at: node.range, problem.message, hint: problem.hint) }
      return nil
    }
  }
}
