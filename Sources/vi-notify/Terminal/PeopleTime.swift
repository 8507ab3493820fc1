import Glibc
import Runs

/// How moments are written for people: in local time (`TZ`), on a terminal short and with their distance from now.
///
/// Elsewhere, as in a pipe, they are whole RFC 3339 times with the offset, which don't change from one call to the next.
struct PeopleTime {
  let now: Timestamp
  let isShort: Bool

  init(now: Timestamp, isShort: Bool = Console.shared.outputIsTerminal) {
    (self.now, self.isShort) = (now, isShort)
  }

  /// `Nov 27 14:03:22`; of another year `2025-11-27 14:03`. Always as wide, for a column.
  func stamp(_ moment: Timestamp) -> String {
    guard isShort else { return whole(moment) }
    let (here, today) = (Local(moment), Local(now))
    return here.year == today.year ? here.text("%b %e %H:%M:%S") : here.text("%Y-%m-%d %H:%M")
  }

  /// In a sentence: `14:03 (in 5m)`.
  func inWords(_ moment: Timestamp) -> String {
    guard isShort else { return whole(moment) }
    let (here, today) = (Local(moment), Local(now))
    let isNear = (here.year, here.day) == (today.year, today.day)
    return
      "\(here.text(isNear ? "%H:%M:%S" : here.year == today.year ? "%b %e %H:%M" : "%Y-%m-%d %H:%M")) (\(distance(moment)))"
  }

  /// `14:03:22`.
  func clock(_ moment: Timestamp) -> String { Local(moment).text("%H:%M:%S") }

  /// `3m ago`, `in 2h`, `now`.
  func distance(_ moment: Timestamp) -> String {
    let span = max(moment - now, now - moment)
    let largest = span.words.prefix { $0 != " " }
    if span < .seconds(1) { return "now" }
    return moment > now ? "in \(largest)" : "\(largest) ago"
  }

  /// RFC 3339, local: `2026-11-27T14:03:22.000+01:00`.
  private func whole(_ moment: Timestamp) -> String {
    let here = Local(moment)
    let thousandth = String((moment.milliseconds % 1_000 + 1_000) % 1_000 + 1_000).dropFirst()
    let minutes = abs(here.offset) / 60
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let zone =
      here.offset == 0 ? "Z" : "\(here.offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    return "\(here.text("%Y-%m-%dT%H:%M:%S")).\(thousandth)\(zone)"
  }

  /// A moment on the calendar of `TZ`.
  private struct Local {
    private var parts = tm()

    init(_ moment: Timestamp) {
      var seconds = time_t((Double(moment.milliseconds) / 1_000).rounded(.down))
      localtime_r(&seconds, &parts)
    }

    var year: Int32 { parts.tm_year }
    var day: Int32 { parts.tm_yday }
    /// Seconds east of Greenwich.
    var offset: Int { parts.tm_gmtoff }

    func text(_ format: String) -> String {
      var (copy, bytes) = (parts, [CChar](repeating: 0, count: 64))
      let count = strftime(&bytes, bytes.count, format, &copy)
      return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
