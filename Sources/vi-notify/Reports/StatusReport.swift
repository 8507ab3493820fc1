import Daemon
import JSONSource
import Runs
import Storage

/// Whether all is well, as of what the state says.
struct StatusReport {
  struct Destination {
    let name: String
    /// Nil: the rules file doesn't have it, or it is done on this machine.
    let type: String?
    let waiting: Int
    let dead: Int
    /// Nil: it delivers, or is done on this machine.
    let wait: Wait?
    let isLocal: Bool

    /// In words; `delivers` when nothing holds it back.
    func state(_ at: (Timestamp) -> String) -> String {
      switch wait {
      case nil: isLocal ? "runs here" : "delivers"
      case .missing: "not in the rules file"
      case .stopped(_, _, let next): "stopped\(next.map { ", next probe \(at($0))" } ?? "")"
      case .failing(let failures, let next):
        "failing, \(failures) in a row\(next.map { ", next probe \(at($0))" } ?? "")"
      case .some(let wait): wait.words(at)
      }
    }
  }

  let watcher: WatcherHealth
  /// Those that share the state; empty: one process has it.
  let members: [Member]
  let destinations: [Destination]
  /// Deliveries that died during the last day.
  let recentlyDead: Int
  /// Those that are active.
  let silences: [Silence]
  /// Nil if no transaction of others is open.
  let snapshot: OldestSnapshot?
  private let now: Timestamp
  /// What needs somebody, each with what to do; empty: all is well.
  private(set) var reasons: [String]

  /// A dead letter needs somebody for so long; then it is history.
  private static let recent: Duration = .seconds(86_400)
  /// Shorter ones come and go.
  private static let shownTransaction: Duration = .seconds(60)

  /// - Parameter look: at the process of a heartbeat.
  init(
    _ store: any StateStore, _ time: TimeSource, _ look: (Heartbeat.Process) -> ProcessSight
  ) async throws(StorageError) {
    let now = time.now()
    watcher = WatcherHealth(try await store.heartbeat(), now: now, uptime: time.uptime(), look)
    members = try await store.members()
    let tallies = try await store.tally(since: now + (.zero - Self.recent))
    let (names, waits) = (try await store.knownNames(), try await WaitReport(store, time))
    silences = try await store.silences().filter { $0.isActive(at: now) }
    snapshot = try await store.oldestSnapshot()
    self.now = now
    recentlyDead = tallies.reduce(0) { $0 + $1.recentlyDead }
    let known = Set(names?.destinations.keys.map { Target.destination($0) } ?? [])
    let shown = known.union(tallies.filter { $0.waiting > 0 }.map(\.target)).sorted()
    reasons = watcher.reasons
    var destinations: [Destination] = []
    for target in shown {
      let tally = tallies.first { $0.target == target }
      let type = target.destination.flatMap { names?.destinations[$0] }
      let wait = waits.wait(of: target)
      // What waits for a destination that nobody has is said, and what once went to one is not.
      if let reason = wait.flatMap({ Self.reason(target.name, $0) }) { reasons.append(reason) }
      destinations.append(
        Destination(
          name: target.name, type: type, waiting: tally?.waiting ?? 0, dead: tally?.dead ?? 0, wait: wait,
          isLocal: target.destination == nil))
    }
    self.destinations = destinations
    if let reason = snapshot.flatMap(Self.reason) { reasons.append(reason) }
    if recentlyDead > 0 {
      reasons.append(
        "\(recentlyDead == 1 ? "a delivery" : "\(recentlyDead) deliveries") died during the last day; see: vi-notify "
          + "deliveries list --status dead; to send again: vi-notify deliveries replay --status dead")
    }
  }

  /// What somebody has to do about it; nil: nothing.
  private static func reason(_ name: String, _ wait: Wait) -> String? {
    switch wait {
    case .missing:
      "deliveries wait for \(name), which the rules file does not have; put it back, or: vi-notify deliveries replay "
        + "--destination \(name) --to OTHER"
    case .stopped(_, let reason, _):
      "\(name) has stopped: \(reason); mend its settings, or ask it again: vi-notify deliveries replay --destination "
        + "\(name) --now"
    case .failing(let failures, _):
      "\(name) fails, \(failures) times in a row; why: vi-notify deliveries list --destination \(name)"
    default: nil
    }
  }

  private static func reason(_ snapshot: OldestSnapshot) -> String? {
    guard snapshot.isTooLong, let since = snapshot.since else { return nil }
    return
      "\(snapshot.session) has kept a transaction open in the state's database since \(since.iso8601), which slows "
      + "it down; let it end, or: SELECT pg_terminate_backend(\(snapshot.processID))"
  }

  static func wait(until moment: Timestamp, _ now: Timestamp) -> String {
    moment > now ? "in \((moment - now).words)" : "now"
  }
}

extension StatusReport {
  /// At most 80 columns wide.
  var lines: [String] {
    let waiting = destinations.reduce(0) { $0 + $1.waiting }
    var lines = watcher.facts.flatMap { Self.fact($0.name, $0.value) }
    for member in members { lines += Self.fact("process", words(of: member)) }
    lines += Self.fact("deliveries", "\(waiting) waiting; \(recentlyDead) dead during the last day")
    for silence in silences {
      lines += Self.fact("silence", "\(silence.id), ends \(Self.wait(until: silence.until, now)): \(silence.reason)")
    }
    if let snapshot {
      let age = snapshot.age.map { "open for \($0.words)" } ?? "\(snapshot.transactions) transactions old"
      lines += Self.fact("snapshot", "the oldest is \(age), of \(snapshot.session)")
    }
    if !destinations.isEmpty {
      let width = min(30, max(11, destinations.map { Line($0.name).text.terminalWidth }.max() ?? 0))
      lines += ["", "\(Self.cell("DESTINATION", width))  WAITING     DEAD  STATE"]
      lines += destinations.map { destination in
        let counts = [destination.waiting, destination.dead].map { "\($0)" }
        let numbers = counts.map { String(repeating: " ", count: max(0, 7 - $0.count)) + $0 }.joined(separator: "  ")
        return
          "\(Self.cell(destination.name, width))  \(numbers)  \(Self.cut(destination.state { Self.wait(until: $0, now) }, 80 - width - 20))"
      }
    }
    lines.append("")
    if reasons.isEmpty { return lines + ["All is well."] }
    return lines + ["This needs somebody:"] + reasons.flatMap { Line("- \($0)").text.wrapped(toWidth: 80, hanging: 2) }
  }

  private func words(of member: Member) -> String {
    let does = Role.allCases.filter(member.roles.contains).map { role in
      switch role {
      case .watch: member.watches ? "watches" : "stands by to watch"
      case .deliver: "delivers"
      case .hooks: "runs hooks"
      }
    }
    let since = member.silentSince.map { "silent since \((now - $0).words)" } ?? "up \((now - member.startedAt).words)"
    // What has a name in the rules file, and downloads.
    let shown = member.targets.filter { ![.include, .lost].contains(Lane(name: $0)?.kind) }
    let targets = shown.isEmpty ? "" : "; has \(shown.joined(separator: ", "))"
    return "\(member.processID) on \(member.host), \(since): \(does.joined(separator: ", "))\(targets)"
  }

  private static func fact(_ name: String, _ value: String) -> [String] {
    Line("\(cell(name, 10))  \(value)").text.wrapped(toWidth: 80, hanging: 12)
  }

  private static func cell(_ text: String, _ width: Int) -> String {
    cut(text, width).padded(toWidth: width)
  }

  /// As it is printed: a stranger's name may hold what a terminal obeys.
  private static func cut(_ text: String, _ width: Int) -> String { Line(text).text.cut(toWidth: width) }

  var json: [UInt8] {
    JSONWriter.object { json in
      json.member("healthy", reasons.isEmpty)
      json.member("reasons") { json in json.array(reasons) { $0.string($1) } }
      json.member("watcher") { json in json.object { watcher.write(into: &$0) } }
      json.member("processes") { json in
        json.array(members) { json, member in
          json.object { json in
            json.member("processId", Int(member.processID))
            json.member("host", member.host)
            json.member("worker", member.worker)
            json.member("version", member.version)
            json.member("roles") { json in
              json.array(Role.allCases.filter(member.roles.contains)) { $0.string($1.rawValue) }
            }
            json.member("watches", member.watches)
            json.member("targets") { json in json.array(member.targets) { $0.string($1) } }
            json.member("startedAt", member.startedAt.iso8601)
            json.member("silentSince", member.silentSince?.iso8601)
          }
        }
      }
      json.member("source") { json in json.object { watcher.writeSource(into: &$0) } }
      json.member("rules") { json in json.object { watcher.writeRules(into: &$0) } }
      json.member("destinations") { json in
        json.array(destinations) { json, destination in
          json.object { json in
            json.member("name", destination.name)
            json.member("type", destination.type)
            json.member("waiting", destination.waiting)
            json.member("dead", destination.dead)
            json.member("state", destination.state(\.iso8601))
          }
        }
      }
      json.member("deliveries") { json in
        json.object { json in
          json.member("waiting", destinations.reduce(0) { $0 + $1.waiting })
          json.member("deadDuringTheLastDay", recentlyDead)
        }
      }
      if let snapshot, let since = snapshot.since, let age = snapshot.age, age >= Self.shownTransaction {
        json.member("oldestSnapshot") { json in
          json.object { json in
            json.member("since", since.iso8601)
            json.member("processId", snapshot.processID)
            json.member("role", snapshot.role)
            json.member("application", snapshot.application)
          }
        }
      }
      json.member("silences") { json in
        json.array(silences) { json, silence in
          json.object { json in
            json.member("id", silence.id)
            json.member("until", silence.until.iso8601)
            json.member("reason", silence.reason)
          }
        }
      }
    }
  }
}

extension OldestSnapshot {
  /// Whose it is, for people.
  fileprivate var session: String {
    let name = application.isEmpty ? "" : " (\(application))"
    return "the server's process \(processID) of the role \(role)\(name)"
  }
}
