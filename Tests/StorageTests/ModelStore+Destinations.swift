import Runs
import Storage

/// What holds whole destinations back, and how one that failed is tried again.
extension ModelStore {
  func destinationStates() -> [DestinationState] { states.values.sorted { $0.name < $1.name } }

  func destinationStates(forgettingAllBut fingerprints: [String: String]) -> [DestinationState] {
    states = states.filter { name, state in fingerprints[name].map { $0 == state.fingerprint } ?? true }
    return destinationStates()
  }

  func release(_ destination: Target, at now: Timestamp) -> Bool {
    let waiting = items.indices.filter { index in
      items[index].destination == destination && items[index].isBackingOff
        && items[index].next.map { $0 > now } ?? false
    }
    for index in waiting { (items[index].next, items[index].isBackingOff) = (now, false) }
    return !waiting.isEmpty
  }

  func hasten(ids: [String], by agent: Agent, at now: Timestamp) -> [String] {
    let waiting = items.indices.filter { items[$0].isUnsettled && ids.contains(items[$0].new.id) }
    for index in waiting {
      items[index].next = items[index].next.map { min($0, now) }
      (items[index].isBackingOff, items[index].isQuiet) = (false, false)
      probeRequests.insert(items[index].destination)
    }
    let ending = digests.indices.filter { digests[$0].isOpen && ids.contains(digests[$0].id) }
    for index in ending { digests[index].dueAt = min(digests[index].dueAt, now) }
    let hastened = waiting.map { items[$0].new.id } + ending.map { digests[$0].id }.sorted()
    if !hastened.isEmpty { record(Act(at: now, .hasten, by: agent, hastened)) }
    return hastened
  }

  func takeProbeRequests(among targets: Set<Target>?) -> Set<Target> {
    let taken = targets.map(probeRequests.intersection) ?? probeRequests
    probeRequests.subtract(taken)
    return taken
  }
}
