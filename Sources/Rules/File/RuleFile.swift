internal import JSONSource
internal import Runs
package import Secrets
package import TimeZones

/// A rules file as the user wrote it, checked; ``RuleSet`` is what it means.
package struct RuleFile: Sendable {
  package let source: SourceSettings
  package let watch: WatchSettings
  package let destinations: [DestinationSettings]
  package let rules: [Rule]
  /// How long settled deliveries are kept. 1 d to 10 a.
  package var retention: Duration = .seconds(90 * 86_400)
  /// How long a machine may have no process before a chain whose files it has begins again elsewhere.
  package var takeOver: Duration = .seconds(600)

  /// Reads and checks the whole file, and returns every mistake and warning. The file is nil when there is an error.
  ///
  /// - Parameters:
  ///   - secrets: looks references up; what it can't find is a mistake at the reference's place.
  ///   - zones: looks time zones up, as much a mistake when they aren't there.
  ///   - machine: where the file is checked; what is missing there is a warning.
  package static func read(
    _ bytes: [UInt8], secrets: SecretSource, zones: ZoneSource = .system, machine: Machine = .unknown
  ) -> (RuleFile?, [Diagnostic]) {
    let reading = reading(bytes, secrets: secrets, zones: zones, machine: machine)
    return (reading.file, reading.diagnostics)
  }

  /// What ``read(_:secrets:zones:machine:)`` returns, and where secrets stand in the file.
  package static func reading(
    _ bytes: [UInt8], secrets: SecretSource, zones: ZoneSource = .system, machine: Machine = .unknown
  ) -> Reading {
    let (document, syntaxErrors) = JSONParser.parse(bytes, options: .relaxed)
    let diagnostics = DiagnosticList(end: syntaxErrors.isEmpty ? nil : bytes.count)
    let reader = RuleFileReader(
      context: FieldContext(diagnostics: diagnostics, secrets: secrets, zones: ZoneFinder(zones), machine: machine))
    let file = reader.file(document.root)
    let syntax = syntaxErrors.map { Diagnostic(offset: $0.offset, $0.description, hint: $0.hint) }
    // What can't be read is of the wrong kind, too: one mistake, told once.
    let unreadable = Set(syntax.map(\.offset))
    let meaning = diagnostics.all.filter { !unreadable.contains($0.offset) }
    let all = (syntax + meaning).sorted { $0.offset < $1.offset }
    let isFine = !all.contains { $0.severity == .error }
    return Reading(file: isFine ? file : nil, diagnostics: all, masks: diagnostics.masks)
  }
}

extension RuleFile {
  /// The rules alone of a file that was fine when it was read. Their destinations may be left out: only what fires counts.
  static func rules(remembered bytes: [UInt8]) -> [Rule] {
    let (document, _) = JSONParser.parse(bytes, options: .relaxed)
    let reader = RuleFileReader(
      context: FieldContext(
        diagnostics: DiagnosticList(end: nil), secrets: SecretSource(environment: [:]), zones: ZoneFinder(.none)))
    return reader.rulesAlone(document.root)
  }
}
