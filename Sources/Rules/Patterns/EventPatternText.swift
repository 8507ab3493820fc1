internal import EventPatterns
internal import JSONSource

/// An event pattern that somebody types.
package enum EventPatternText {
  /// What is wrong with it, as a clause; nil: it can be used.
  package static func problem(in text: String) -> String? {
    let document: JSONDocument
    do {
      document = try JSONDocument(parsing: Array(text.utf8))
    } catch {
      return "this is no JSON: \(error)"
    }
    do throws(PatternErrors) {
      _ = try EventPattern(document.root)
      return nil
    } catch {
      return error.errors.map { "\($0.path): \($0.description)\($0.hint.map { " (\($0))" } ?? "")" }.joined(
        separator: "; ")
    }
  }
}
