internal import JSONSource
package import Runs

/// A watcher's sign of life, kept in the state for whoever looks at it from outside: that it lives, what it saw last, and what became of
/// its rules file.
package struct Heartbeat: Sendable, Equatable {
  /// A process, told apart from a later one with the same number.
  package struct Process: Sendable, Equatable {
    package let id: Int
    /// When it began, in the machine's own count (proc_pid_stat(5), field 22).
    package let started: Int
    /// The space of process numbers that `id` is of (pid_namespaces(7)); empty: unknown.
    package let space: String
    /// See ``ClockReading/boot``.
    package let boot: String

    package init(id: Int, started: Int, space: String, boot: String) {
      (self.id, self.started, self.space, self.boot) = (id, started, space, boot)
    }
  }

  /// The last time that the rules file was read anew.
  package struct Reload: Sendable, Equatable {
    package let at: Timestamp
    /// Why older rules are in use; nil: it is in use.
    package let refusal: String?

    package init(at: Timestamp, refusal: String?) {
      (self.at, self.refusal) = (at, refusal)
    }
  }

  package let process: Process
  /// `forever`, `once` or `untilDone`.
  package let mode: String
  /// By the wall clock.
  package let startedAt: Timestamp
  package var beatAt: Timestamp
  /// When it was written, by the uptime.
  package var uptime: Duration
  /// It has ended in peace, and not died.
  package var hasEnded = false
  package var endpoint = ""
  package var organization = ""
  /// The last sweep that succeeded; nil: none has.
  package var sweptAt: Timestamp?
  /// Why the last sweep failed; nil: it did not.
  package var failure: String?
  /// Of the runs that are watched: how many have not ended, and how many there are.
  package var active = 0
  package var total = 0
  /// So long without a sweep is no reason to worry.
  package var patience: Duration = .zero
  /// Empty: the rules were read from no file.
  package var rulesFile = ""
  package var rules = 0
  package var reload: Reload?

  package init(process: Process, mode: String, startedAt: Timestamp, beatAt: Timestamp, uptime: Duration) {
    (self.process, self.mode, self.startedAt) = (process, mode, startedAt)
    (self.beatAt, self.uptime) = (beatAt, uptime)
  }
}

// As it is kept: one JSON object, so that a later version may say more. Durations and moments in milliseconds.
extension Heartbeat {
  package var stored: [UInt8] {
    JSONWriter.object { json in
      json.member("process", process.id)
      json.member("processStarted", process.started)
      json.member("processSpace", process.space)
      json.member("boot", process.boot)
      json.member("mode", mode)
      json.member("startedAt", Int(startedAt.milliseconds))
      json.member("beatAt", Int(beatAt.milliseconds))
      json.member("uptime", Int(uptime.milliseconds))
      json.member("hasEnded", hasEnded ? 1 : 0)
      json.member("endpoint", endpoint)
      json.member("organization", organization)
      json.member("sweptAt", sweptAt.map { Int($0.milliseconds) })
      json.member("failure", failure)
      json.member("active", active)
      json.member("total", total)
      json.member("patience", Int(patience.milliseconds))
      json.member("rulesFile", rulesFile)
      json.member("rules", rules)
      json.member("reloadAt", reload.map { Int($0.at.milliseconds) })
      json.member("reloadRefusal", reload?.refusal)
    }
  }

  /// Nil: another version wrote it, in a way that this one doesn't know.
  package init?(stored bytes: [UInt8]) {
    guard let root = try? JSONDocument(parsing: bytes).root else { return nil }
    func number(_ key: String) -> Int? { root[key]?.integer.map { Int($0) } }
    func moment(_ key: String) -> Timestamp? { number(key).map { Timestamp(milliseconds: Int64($0)) } }
    guard let id = number("process"), let mode = root["mode"]?.string, let startedAt = moment("startedAt"),
      let beatAt = moment("beatAt"), let uptime = number("uptime")
    else { return nil }
    let process = Process(
      id: id, started: number("processStarted") ?? 0, space: root["processSpace"]?.string ?? "",
      boot: root["boot"]?.string ?? "")
    self.init(process: process, mode: mode, startedAt: startedAt, beatAt: beatAt, uptime: .milliseconds(uptime))
    hasEnded = number("hasEnded") == 1
    (endpoint, organization) = (root["endpoint"]?.string ?? "", root["organization"]?.string ?? "")
    (sweptAt, failure) = (moment("sweptAt"), root["failure"]?.string)
    (active, total) = (number("active") ?? 0, number("total") ?? 0)
    patience = .milliseconds(number("patience") ?? 0)
    (rulesFile, rules) = (root["rulesFile"]?.string ?? "", number("rules") ?? 0)
    reload = moment("reloadAt").map { Reload(at: $0, refusal: root["reloadRefusal"]?.string) }
  }
}

/// How many deliveries of a target are in which state.
package struct DeliveryTally: Sendable, Equatable {
  package let target: Target
  /// Neither delivered nor dead.
  package let waiting: Int
  package let dead: Int
  /// Of those, the ones that died since the moment that was asked for.
  package let recentlyDead: Int

  package init(target: Target, waiting: Int, dead: Int, recentlyDead: Int) {
    (self.target, self.waiting, self.dead, self.recentlyDead) = (target, waiting, dead, recentlyDead)
  }
}
