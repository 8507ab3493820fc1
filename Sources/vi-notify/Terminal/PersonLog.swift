import Glibc
import Locking
import Logging
import Runs
import Rules

/// The log as a person in front of a terminal wants to read it: one short line an event, in local time, the flow before the run's id,
/// deliveries below the run that they tell of.
///
/// What has no words of its own here is shown by its message and its fields.
struct PersonLog: Sendable {
  /// Below the time and the mark of a run.
  private static let indent = "            "
  /// The run whose line, or whose deliveries' lines, came last.
  private let lastRun = Locked<String?>(nil)

  func lines(at time: Timestamp, _ level: Logger.Level, _ message: String, _ values: [String: String]) -> [Line] {
    switch message {
    case "run changed": return [runChanged(time, values)]
    // Its deliveries follow, each with a line of its own.
    case "rule fires": return []
    case "delivered":
      let took = values["took"].map { " \($0.replacing("ms", with: " ms"))" } ?? ""
      return below(values, time, "→ \(place(values)) \(paint("✓", .green))\(took)")
    case "attempt failed, it will be repeated":
      let next = values["next"].flatMap(Timestamp.init(iso8601:)).map { ", again at \(clock($0))" } ?? ""
      return below(values, time, "→ \(place(values)) \(paint("✗", .yellow)) \(values["reason"] ?? "")\(next)")
    case "delivery is dead":
      return below(values, time, "→ \(place(values)) \(paint("✗ dead: \(values["reason"] ?? "")", .red))")
        + [Line("\(Self.indent)  \(values["see"] ?? "")")]
    case "message is held back":
      return below(values, time, "→ \(place(values)) \(paint("held back", .grey)): \(values["reason"] ?? "")")
    case "hook wrote": return ["\(Self.indent)\(paint("│", .grey)) \(values["line"] ?? "")"]
    case "watching":
      let rules = values["rules"] == "1" ? "1 rule" : "\(values["rules"] ?? "") rules"
      return ["\(stamp(time))watching \(values["source"] ?? "") by \(rules); state: \(values["state"] ?? "")"]
    case "first start: existing runs are the baseline":
      return [
        """
        \(stamp(time))first start: \(values["ended"] ?? "0") runs have ended before and aren't told of, \
        \(values["moving"] ?? "0") are under way
        """
      ]
    default: return [other(time, level, message, values)]
    }
  }

  private func runChanged(_ time: Timestamp, _ values: [String: String]) -> Line {
    let id = values["run"] ?? ""
    lastRun.withLock { $0 = id }
    let flow = values["flow"].flatMap { $0.isEmpty ? nil : $0 }
    let phase = values["to"].flatMap(Phase.init(rawValue:))
    let name: Line = flow.map { "\($0) \(paint(id, .grey))" } ?? "\(id)"
    let after = values["after"].map { " after \($0)" } ?? ""
    let why = values["why"].map { ": \($0)" } ?? ""
    let (mark, words, colour) = Self.words(phase)
    let shown = paint("\(words)\(after)", colour)
    return "\(stamp(time))\(paint(mark, colour)) \(name) \(shown)\(phase == .succeeded ? "" : why)"
  }

  /// Mark, verb and colour of a phase.
  static func words(_ phase: Phase?) -> (mark: String, words: String, colour: Console.Colour) {
    switch phase {
    case .succeeded: ("✓", "succeeded", .green)
    case .failed: ("✗", "failed", .red)
    case .error: ("✗", "ended with an error", .red)
    case .cancelled: ("■", "was cancelled", .yellow)
    case .running: ("▶", "is running", .grey)
    case .pending: ("…", "is pending", .grey)
    case nil: ("?", "changed", .grey)
    }
  }

  /// A line about a delivery; with the run's id before it when another run's line came last.
  private func below(_ values: [String: String], _ time: Timestamp, _ text: Line) -> [Line] {
    let run = values["run"]
    let isNew = lastRun.withLock { last in
      defer { if let run { last = run } }
      return run != nil && run != last
    }
    return (isNew ? [Line("\(stamp(time))\(run ?? "")")] : []) + ["\(Self.indent)\(text)"]
  }

  private func place(_ values: [String: String]) -> String {
    let place = values["destination"] ?? ""
    // What is done on this machine is better known by the rule's action.
    return place.hasPrefix("hook") || place.hasPrefix("download") || place.hasPrefix("include")
      ? "\(place) (\(values["action"] ?? ""))" : place
  }

  private func other(
    _ time: Timestamp, _ level: Logger.Level, _ message: String, _ values: [String: String]
  ) -> Line {
    lastRun.withLock { $0 = nil }
    let mark: Line =
      switch level {
      case .warning: "\(paint("warning:", .yellow)) "
      case .error, .critical: "\(paint("error:", .red)) "
      default: ""
      }
    let fields = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    let more = fields.isEmpty ? "" : " (\(fields))"
    return "\(stamp(time))\(mark)\(message)\(paint(more, .grey))"
  }

  private func stamp(_ time: Timestamp) -> Line { "\(paint(clock(time), .grey))  " }

  private func clock(_ time: Timestamp) -> String { PeopleTime(now: time, isShort: true).clock(time) }

  private func paint(_ text: String, _ colour: Console.Colour) -> Line { Console.shared.paint(text, colour) }
}
