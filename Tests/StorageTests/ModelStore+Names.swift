import Runs

@testable import Storage

extension ModelStore {
  func redirect(_ filter: ReplayFilter, to destination: String, type: String, at now: Timestamp) -> Redirection {
    let isNamed = !filter.ids.isEmpty || filter.status != nil
    let chosen = items.indices.filter { index in
      let item = items[index]
      return item.status != .claimed && (isNamed || item.status != .delivered)
        && (filter.ids.isEmpty || filter.ids.contains(item.new.id)) && filter.status ?? item.status == item.status
        && filter.rule ?? item.new.rule == item.new.rule && filter.destination ?? item.destination == item.destination
        && filter.runID.map { isAbout($0, item) } ?? true && item.createdAt >= filter.since ?? item.createdAt
    }
    func fits(_ index: Int) -> Bool {
      let new = items[index].new
      return switch new.content {
      case .event: true
      case .body: new.form.map { $0 == type || new.isStandard } ?? true
      case .hook, .download: false
      }
    }
    let result = Redirection(
      moved: chosen.filter(fits).map { items[$0].new.id }, unfit: chosen.filter { !fits($0) }.map { items[$0].new.id })
    if filter.isDryRun || !filter.ids.isEmpty && !result.unfit.isEmpty { return result }
    for index in chosen where fits(index) {
      items[index].destination = destination
      (items[index].status, items[index].next, items[index].settledAt) = (.pending, now, nil)
      (items[index].isBackingOff, items[index].isQuiet) = (false, false)
      probeRequests.insert(destination)
      items[index].replays.append(now)
      items[index].retryFrom = now
      items[index].attemptsBefore = items[index].attempts
    }
    return result
  }

  func note(_ names: KnownNames) { self.names = names }

  func knownNames() -> KnownNames? { names }

  func namesInUse() -> (rules: Set<String>, destinations: Set<String>) {
    (
      Set(items.map(\.new.rule) + digests.map(\.entry.rule)),
      Set(items.map(\.destination) + digests.map(\.entry.destination))
    )
  }

  func knows(run: String) -> Bool {
    items.contains { $0.event.runID == run }
  }
}
