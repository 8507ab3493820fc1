import JSONSource
import Locking
import Runs
import Secrets
import Storage
import Testing
import TimeZones

@testable import Rules

struct QuietDiagnosticTests {
  /// Expects exactly these errors in the quiet hours of a destination, each at the mark of its number.
  private func expectQuietErrors(
    _ quiet: String, _ messages: String..., zones: ZoneSource? = nil,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    var file = MarkedFile(
      """
      {"version": 1, "destinations": {"d": {"type": "slack", "url": "https://x.example", "quiet": \(quiet)}},
       "rules": [{"name": "r", "actions": [{"send": "d"}]}]}
      """)
    file.zones = try zones ?? .few()
    #expect(file.places.count == messages.count, "one mark for each message", sourceLocation: sourceLocation)
    let expected = zip(file.places, messages).map { "\($0) error: \($1)" }
    #expect(file.diagnostics == expected, sourceLocation: sourceLocation)
  }

  @Test func `quiet hours are read with their defaults`() throws {
    let whole = quietFile(
      #"{"from": "22:00", "to": "07:00", "tz": "Asia/Singapore", "except": ["failed", "terminal"]}"#, zones: try .few())
    #expect(whole.diagnostics == [])
    let quiet = try #require(whole.file?.destinations.last?.common.quiet)
    #expect((quiet.from, quiet.to) == (TimeOfDay(notation: "22:00"), TimeOfDay(notation: "07:00")))
    #expect(quiet.zone == (try footerZone("<+08>-8")))
    #expect(quiet.except == Trigger.groups["terminal"])
    #expect(whole.file?.destinations.first?.common.quiet == nil)
    let plain = try #require(
      quietFile(#"{"from": "12:00", "to": "13:00"}"#, zones: .none).file?.destinations.last?.common.quiet)
    #expect((plain.zone, plain.except) == (.utc, []))
    let word = quietFile(#"{"from": "12:00", "to": "13:00", "except": "disappeared"}"#, zones: .none)
    #expect(word.file?.destinations.last?.common.quiet?.except == [.disappeared])
  }

  @Test func `every mistake is told at its place`() throws {
    try expectQuietErrors("1️⃣7", "destinations.d.quiet must be an object, and is a number")
    try expectQuietErrors(
      #"{"from": 1️⃣"10pm", 2️⃣"until": "07:00", "to": 3️⃣700, "except": ["failed", 4️⃣"faild", 5️⃣1], "tz": 6️⃣""}"#,
      #"destinations.d.quiet.from is no time of day: "10pm" (write 00:00 to 23:59)"#,
      #"unknown field "until" in destinations.d.quiet (known here: from, to, tz, except)"#,
      "destinations.d.quiet.to must be a string, and is a number", #"unknown phase "faild" (did you mean "failed"?)"#,
      "destinations.d.quiet.except must be a string, and is a number", "destinations.d.quiet.tz is empty")
    try expectQuietErrors(#"1️⃣{"from": "22:00"}"#, #"destinations.d.quiet needs "to""#)
    try expectQuietErrors(
      #"{"from": "22:00", "to": "23:00", "except": 1️⃣[]}"#, "destinations.d.quiet.except is an empty list")
  }

  @Test func `quiet hours that end when they begin are a mistake`() throws {
    try expectQuietErrors(
      #"{"from": "07:00", "to": 1️⃣"07:00"}"#,
      #"destinations.d.quiet ends when it begins (for no quiet time at all, remove "quiet")"#)
    try expectQuietErrors(
      #"{"from": "07:00", "to": 1️⃣"07:00", "tz": 2️⃣"Tokyo"}"#,
      #"destinations.d.quiet ends when it begins (for no quiet time at all, remove "quiet")"#,
      #"destinations.d.quiet.tz: unknown time zone "Tokyo" (did you mean "Asia/Tokyo"?)"#)
  }

  @Test(arguments: [
    ("Asia/Singapor", "Asia/Singapore"), ("asia/singapore", "Asia/Singapore"), ("Tokyo", "Asia/Tokyo"),
    ("Europe/Tokyo", "Asia/Tokyo"), ("Europe/Brelin", "Europe/Berlin"), ("utc", "UTC"),
    ("America/Place_29O", "America/Place_29"),
  ])
  func `an unknown zone is told with the one that was meant`(written: String, meant: String) throws {
    try expectQuietErrors(
      #"{"from": "22:00", "to": "07:00", "tz": 1️⃣"\#(written)"}"#,
      #"destinations.d.quiet.tz: unknown time zone "\#(written)" (did you mean "\#(meant)"?)"#)
  }

  @Test func `a zone that can't be had is told with what helps`() throws {
    try expectQuietErrors(
      #"{"from": "22:00", "to": "07:00", "tz": 1️⃣"Mars/Olympus_Mons"}"#,
      #"destinations.d.quiet.tz: unknown time zone "Mars/Olympus_Mons" (zones are named like Asia/Singapore or UTC; see /usr/share/zoneinfo)"#
    )
    try expectQuietErrors(
      #"{"from": "22:00", "to": "07:00", "tz": 1️⃣"Asia/Broken"}"#,
      "destinations.d.quiet.tz: the time zone file /zones/Asia/Broken can't be read: it ends too early (reinstall the package tzdata)"
    )
    try expectQuietErrors(
      #"{"from": "22:00", "to": "07:00", "tz": 1️⃣"Asia/Singapore"}"#,
      "destinations.d.quiet.tz: the time zone Asia/Singapore can't be looked up: this machine has no time zone database (install the package tzdata, or write UTC)",
      zones: .files(in: ["/nonexistent/zones"]))
    try expectQuietErrors(
      #"{"from": "22:00", "to": "07:00", "tz": 1️⃣"../../etc/passwd"}"#,
      #"destinations.d.quiet.tz: "../../etc/passwd" isn't the name of a time zone (zones are named like Asia/Singapore or UTC)"#,
      zones: ZoneSource.none)
  }

  @Test func `a zone is looked up once, however many destinations name it`() throws {
    let asked = Locked<[String]>([])
    let zones = ZoneSource(
      zone: { name throws(ZoneError) in
        asked.withLock { $0.append(name) }
        throw .unknown(name)
      },
      names: {
        asked.withLock { $0.append("names") }
        return []
      })
    let destinations = (0..<50).map { index in
      #""d\#(index)": {"type": "slack", "url": "https://x.example", "quiet": {"from": "22:00", "to": "07:00", "tz": "A/\#(index % 2)"}}"#
    }
    let text = #"{"version": 1, "destinations": {\#(destinations.joined(separator: ","))}, "rules": []}"#
    let (_, diagnostics) = RuleFile.read(Array(text.utf8), secrets: SecretSource(environment: [:]), zones: zones)
    #expect(diagnostics.filter { $0.message.contains("unknown time zone") }.count == 50)
    #expect(asked.withLock { $0.sorted() } == ["A/0", "A/1", "names"])
  }

  @Test func `the rules tell from when on a destination may hear of something`() throws {
    let (file, _) = quietFile(
      #"{"from": "22:00", "to": "07:00", "tz": "Asia/Singapore", "except": "failed"}"#, zones: try .few())
    let rules = try RuleSet(#require(file))
    let night = try #require(Timestamp(iso8601: "2026-11-23T15:00:00Z"))
    #expect(
      rules.notBefore(destination: .destination("d"), trigger: .phase(.succeeded), at: night)?.iso8601
        == "2026-11-23T23:00:00.000Z")
    #expect(rules.notBefore(destination: .destination("d"), trigger: .phase(.failed), at: night) == nil)
    #expect(rules.notBefore(destination: .destination("always"), trigger: .phase(.succeeded), at: night) == nil)
    #expect(rules.notBefore(destination: .lane(.hook), trigger: .phase(.succeeded), at: night) == nil)
    #expect(
      rules.notBefore(destination: .destination("d"), trigger: .phase(.succeeded), at: night + .seconds(8 * 3600))
        == nil)
  }
}
