import Runs
import Storage

extension ModelStore {
  func add(_ silence: Silence, by agent: Agent) {
    allSilences.append(silence)
    record(Act(at: silence.createdAt, .silence, by: agent, [silence.id], detail: silence.reason))
  }

  func silences() -> [Silence] { allSilences.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }

  func endSilence(id: String, by agent: Agent, at now: Timestamp) -> Bool {
    guard let index = allSilences.firstIndex(where: { $0.id == id && $0.isActive(at: now) }) else { return false }
    let silence = allSilences[index]
    allSilences[index] = Silence(
      id: id, createdAt: silence.createdAt, until: silence.until, reason: silence.reason, rules: silence.rules,
      destinations: silence.destinations, pattern: silence.pattern, endedAt: now)
    record(Act(at: now, .endSilence, by: agent, [id]))
    return true
  }

  func restraints(at now: Timestamp) -> RestraintState {
    RestraintState(
      silences: silences().filter { $0.isActive(at: now) },
      windows: windows.sorted { ($0.rule, $0.key) < ($1.rule, $1.key) })
  }

  func heldBack(since: Timestamp) -> [HeldBack] { held.filter { $0.at >= since } }

  func restrain(_ new: NewEvent, at now: Timestamp) {
    held += new.held
    if !new.windows.isEmpty { windows.removeAll { $0.held == 0 && $0.until <= now } }
    for window in new.windows {
      windows.removeAll { ($0.rule, $0.key) == (window.rule, window.key) }
      windows.append(window)
    }
  }

  func pruneRestraints(before: Timestamp) {
    held.removeAll { $0.at < before }
    windows.removeAll { $0.until < before }
    allSilences.removeAll { ($0.endedAt ?? $0.until) < before }
  }
}
