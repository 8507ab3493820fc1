internal import JSONSource
internal import Secrets

/// The place to which a message is published, a template: a topic or a subject.
extension FieldType where Value == TextTemplate {
  /// - Parameters:
  ///   - markup: keeps what a run says within one part.
  ///   - forbidden: characters that may not stand outside of tags.
  ///   - schema: a pattern of what is wrong.
  static func place(_ markup: Markup, forbidden: String, schema: String, hint: String) -> FieldType {
    .own([
      "type": .text("string"), "minLength": .number(1), "not": .object(["pattern": .text(schema)]),
    ]) { node, path, context in
      guard let text = context.text(node, path: path) else { return nil }
      let literal = withoutTags(text)
      let isWrong = literal.unicodeScalars.contains(where: forbidden.unicodeScalars.contains) || text.hasPrefix("$")
      if isWrong || text.contains("${") {
        context.diagnostics.error(
          at: node.range, "\(path) is nothing that can be published to: \(text.prefix(80).debugDescription)", hint: hint
        )
        return nil
      }
      do throws(TemplateProblems) {
        return try TextTemplate(text, markup: markup)
      } catch {
        for problem in error.problems {
          context.diagnostics.error(at: node.range, "\(path): \(problem.message)", hint: problem.hint)
        }
        return nil
      }
    }
  }

  private static func withoutTags(_ text: String) -> String {
    var (result, rest) = ("", text[...])
    while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
      result += rest[..<open.lowerBound]
      rest = rest[close.upperBound...]
    }
    return result + rest
  }
}

extension TextTemplate {
  /// - Parameter event: the whole event, JSON.
  func render(of event: [UInt8]) -> String {
    let document = try? JSONDocument(parsing: event)
    let data = document?.root["data"].flatMap { data in document.map { Array($0.raw(data)) } } ?? Array("{}".utf8)
    return (try? JSONDocument(parsing: data)).map { render(TemplateData($0, link: .standard)) } ?? ""
  }
}
