internal import JSONSource

/// One mistake in a rules file, with its place.
package struct Diagnostic: Error, Sendable, Equatable {
  package enum Severity: String, Sendable {
    case error, warning
  }

  /// Byte offset in the file.
  package let offset: Int
  package let severity: Severity
  /// What is wrong, a lower-case clause.
  package let message: String
  /// What to write instead.
  package let hint: String?

  package init(offset: Int, severity: Severity = .error, _ message: String, hint: String? = nil) {
    self.offset = offset
    self.severity = severity
    self.message = message
    self.hint = hint
  }

}

/// Collects what is wrong while a file is read, so that all of it is told at once.
final class DiagnosticList {
  /// More would help nobody: a file of 10 MB has room for millions of mistakes, and each takes memory.
  static let limit = 10_000
  /// What a stranger wrote into a message can be as long as the file.
  private static let maxText = 400

  private(set) var all: [Diagnostic] = []
  /// Of grammar or meaning.
  var hasErrors: Bool { end != nil || all.contains { $0.severity == .error } }
  private(set) var masks: [SecretMask] = []
  /// Where reading ended, when the text has mistakes of grammar: what reaches up to there may have been cut off by them.
  private let end: Int?

  init(end: Int? = nil) {
    self.end = end
  }

  /// What is missing in this node may stand where nothing could be read.
  func isCut(_ node: JSONNode) -> Bool {
    node.range.upperBound == end
  }

  /// A secret stands in this string: whoever shows or keeps it puts `text` in its place.
  func mask(_ range: Range<Int>, with text: String) {
    masks.append(SecretMask(range: range, text: text))
  }

  /// The texts are made only where they are kept.
  func error(at range: Range<Int>, _ message: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    add(.error, at: range, message, hint: hint)
  }

  func warning(at range: Range<Int>, _ message: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    add(.warning, at: range, message, hint: hint)
  }

  private func add(_ severity: Diagnostic.Severity, at range: Range<Int>, _ message: () -> String, hint: () -> String?)
  {
    guard all.count < Self.limit else {
      if all.count == Self.limit {
        let more = "more mistakes stand in this file; these are the first \(Self.limit)"
        all.append(Diagnostic(offset: range.lowerBound, more, hint: "mend these, and check again"))
      }
      return
    }
    let text = Self.bounded(message())
    all.append(Diagnostic(offset: range.lowerBound, severity: severity, text, hint: hint().map(Self.bounded)))
  }

  private static func bounded(_ text: String) -> String {
    text.utf8.count <= maxText ? text : "\(text.prefix(maxText))…"
  }
}

/// A string of a rules file that holds a secret, with its quotation marks, and what may be seen of it.
package struct SecretMask: Sendable {
  package let range: Range<Int>
  /// Not escaped.
  package let text: String
}
