import Runs
import Storage

/// Sending again, and elsewhere.
extension ModelStore {
  func replay(_ filter: ReplayFilter, by agent: Agent, at now: Timestamp) -> [String] {
    let indices = items.indices.filter { index in
      let item = items[index]
      return !item.isUnsettled && (filter.ids.isEmpty || filter.ids.contains(item.new.id))
        && filter.status ?? item.status == item.status && filter.rule ?? item.new.rule == item.new.rule
        && filter.destination ?? item.destination.name == item.destination.name
        && filter.runID.map { isAbout($0, item) } ?? true && item.createdAt >= filter.since ?? item.createdAt
    }
    for index in indices where !filter.isDryRun {
      (items[index].status, items[index].next, items[index].settledAt) = (.pending, now, nil)
      items[index].replays.append(now)
      items[index].attemptsBefore = items[index].attempts
      items[index].retryFrom = now
      (items[index].isBackingOff, items[index].isQuiet) = (false, false)
      probeRequests.insert(items[index].destination)
    }
    let ids = indices.map { items[$0].new.id }
    if !filter.isDryRun, !ids.isEmpty { record(Act(at: now, .replay, by: agent, ids)) }
    return ids
  }

  func redirect(
    _ filter: ReplayFilter, to destination: String, type: String, by agent: Agent, at now: Timestamp
  ) -> Redirection {
    let isNamed = !filter.ids.isEmpty || filter.status != nil
    let chosen = items.indices.filter { index in
      let item = items[index]
      return item.status != .claimed && (isNamed || item.status != .delivered)
        && (filter.ids.isEmpty || filter.ids.contains(item.new.id)) && filter.status ?? item.status == item.status
        && filter.rule ?? item.new.rule == item.new.rule
        && filter.destination ?? item.destination.name == item.destination.name
        && filter.runID.map { isAbout($0, item) } ?? true && item.createdAt >= filter.since ?? item.createdAt
    }
    func fits(_ index: Int) -> Bool {
      let new = items[index].new
      return switch new.content {
      case .event: true
      case .body: new.form.map { $0 == type || new.isStandard } ?? true
      case .hook, .download, .include: false
      }
    }
    let result = Redirection(
      moved: chosen.filter(fits).map { items[$0].new.id }, unfit: chosen.filter { !fits($0) }.map { items[$0].new.id })
    if filter.isDryRun || !filter.ids.isEmpty && !result.unfit.isEmpty { return result }
    for index in chosen where fits(index) {
      items[index].destination = .destination(destination)
      (items[index].status, items[index].next, items[index].settledAt) = (.pending, now, nil)
      (items[index].isBackingOff, items[index].isQuiet) = (false, false)
      probeRequests.insert(.destination(destination))
      items[index].replays.append(now)
      items[index].retryFrom = now
      items[index].attemptsBefore = items[index].attempts
    }
    if !result.moved.isEmpty { record(Act(at: now, .redirect, by: agent, result.moved, detail: destination)) }
    return result
  }
}
