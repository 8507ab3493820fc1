import JSONSource
import Runs
import Secrets
import Testing
import TimeZones

@testable import Rules

/// A rules file with marks (1️⃣, 2️⃣ …) at the places where mistakes are expected, in the order of the file.
struct MarkedFile {
  private(set) var text = ""
  /// `LINE:COLUMN` of each mark.
  private(set) var places: [String] = []
  /// Knows UTC alone, whatever the machine has.
  var zones = ZoneSource.none

  init(_ marked: String) {
    var (line, column) = (1, 1)
    for character in marked {
      if character.unicodeScalars.last == "\u{20E3}" {
        places.append("\(line):\(column)")
        continue
      }
      text.append(character)
      (line, column) = character == "\n" ? (line + 1, 1) : (line, column + 1)
    }
  }

  static let environment = [
    "SLACK_URL": "https://hooks.slack.com/services/T0/B0/xyz", "TOKEN": "tok-123456", "EMPTY": "",
    "KEY": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "BADKEY": "not base64, though long enough",
    "BADURL": "ftp://user:hunter2@x.example/path",
  ]

  /// `LINE:COLUMN severity: message (hint)` of everything that is wrong with the file.
  var diagnostics: [String] {
    let bytes = Array(text.utf8)
    let (file, diagnostics) = RuleFile.read(bytes, secrets: SecretSource(environment: Self.environment), zones: zones)
    #expect((file == nil) == diagnostics.contains { $0.severity == .error })
    return diagnostics.map { diagnostic in
      let place = SourceLocation(of: diagnostic.offset, in: bytes)
      let hint = diagnostic.hint.map { " (\($0))" } ?? ""
      return "\(place.line):\(place.column) \(diagnostic.severity.rawValue): \(diagnostic.message)\(hint)"
    }
  }
}

/// Expects exactly these errors, each at the mark of its number.
func expectErrors(
  _ marked: String, _ messages: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  let file = MarkedFile(marked)
  #expect(file.places.count == messages.count, "one mark for each message", sourceLocation: sourceLocation)
  let expected = zip(file.places, messages).map { "\($0) error: \($1)" }
  #expect(file.diagnostics == expected, sourceLocation: sourceLocation)
}

/// The same for one rule, among destinations `chat` (slack) and `hook-in` (webhook).
func expectRuleErrors(
  _ rule: String, _ messages: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  let file = MarkedFile(
    """
    {"version": 1, "destinations": {"chat": {"type": "slack", "url": "${env:SLACK_URL}"},
      "hook-in": {"type": "webhook", "url": "https://x.example/in"}}, "rules": [
    \(rule)
    ]}
    """)
  let expected = zip(file.places, messages).map { "\($0) error: \($1)" }
  #expect(file.places.count == messages.count, "one mark for each message", sourceLocation: sourceLocation)
  #expect(file.diagnostics == expected, sourceLocation: sourceLocation)
}

/// The same for one action.
func expectActionErrors(
  _ action: String, _ message: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  expectRuleErrors(#"{"name": "r", "actions": [\#(action)]}"#, message, sourceLocation: sourceLocation)
}

/// The same for the members of one destination named `d`.
func expectDestinationErrors(
  _ destination: String, _ messages: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  let file = MarkedFile(
    #"{"version": 1, "destinations": {"d": \#(destination)}, "rules": [{"name": "r", "actions": [{"shell": "x"}]}]}"#)
  let expected = zip(file.places, messages).map { "\($0) error: \($1)" }
  #expect(file.diagnostics == expected, sourceLocation: sourceLocation)
}
