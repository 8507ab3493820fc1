package import JSONSource

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

  package func location(in bytes: [UInt8]) -> SourceLocation {
    SourceLocation(of: offset, in: bytes)
  }
}

/// Collects what is wrong while a file is read, so that all of it is told at once.
final class DiagnosticList {
  private(set) var all: [Diagnostic] = []

  func error(at range: Range<Int>, _ message: String, hint: String? = nil) {
    all.append(Diagnostic(offset: range.lowerBound, message, hint: hint))
  }

  func warning(at range: Range<Int>, _ message: String, hint: String? = nil) {
    all.append(Diagnostic(offset: range.lowerBound, severity: .warning, message, hint: hint))
  }
}
