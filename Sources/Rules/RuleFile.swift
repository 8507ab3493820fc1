internal import JSONSource
package import Runs
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
      diagnostics: diagnostics, secrets: secrets, zones: ZoneFinder(zones), machine: machine)
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
      diagnostics: DiagnosticList(end: nil), secrets: SecretSource(environment: [:]), zones: ZoneFinder(.none))
    return reader.rulesAlone(document.root)
  }
}

/// Where the runs are. Every member has a default, which is a variable of the vendor's SDK.
package struct SourceSettings: Sendable {
  package let endpoint: ReferenceText
  package let organization: ReferenceText
  package let secretKey: ReferenceText
  /// PEM bundle of the only authorities to trust. Nil: the system's.
  package var ca: ReferenceText?
  /// Where people look at a run.
  package var link = RunLink.standard

  /// The variables of the vendor's SDK.
  package static let standard = SourceSettings(
    endpoint: ReferenceText(environment: "DATATURE_VI_API_ENDPOINT", fallback: "https://api.vi.datature.com"),
    organization: ReferenceText(environment: "DATATURE_VI_ORGANIZATION_ID"),
    secretKey: ReferenceText(environment: "DATATURE_VI_SECRET_KEY"))
}

package struct WatchSettings: Sendable {
  /// Only these runs; empty: all.
  package var runs: [String] = []
  /// Between the starts of two sweeps. 100 ms to 1 d.
  package var interval: Duration = .seconds(30)
  package var since: Since = .now
  /// Only runs like these; nil: all.
  package var match: RunFilter?
  /// Between two readings of the whole list. 1 s to 1 d.
  package var fullSweep: Duration = .seconds(900)
  /// Without a whole sweep until `sourceUnreachable` is told. 1 s to 30 d.
  package var unreachableAfter: Duration = .seconds(300)
  /// Sweeps are laid where an end is likely; `interval` is then their average distance.
  package var isAdaptive = true
}

/// Which ended runs count on the first start.
package enum Since: Sendable, Equatable {
  case now
  case all
  case ago(Duration)
  case at(Timestamp)

  /// The moment that is meant; nil for all of time.
  package func time(before now: Timestamp) -> Timestamp? {
    switch self {
    case .now: now
    case .all: nil
    case .ago(let duration): now + .milliseconds(-duration.milliseconds)
    case .at(let time): time
    }
  }

  /// `now`, `all`, a duration, or an RFC 3339 time. Nil for anything else.
  package init?(notation text: String) {
    switch text {
    case "now": self = .now
    case "all": self = .all
    default:
      if let duration = Duration(notation: text) {
        self = .ago(duration)
      } else if let time = Timestamp(iso8601: text) {
        self = .at(time)
      } else {
        return nil
      }
    }
  }
}
