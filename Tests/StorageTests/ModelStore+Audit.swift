import Storage

extension ModelStore {
  func record(_ act: Act) { allActs.append(act) }

  func acts(_ filter: ActFilter) -> [Act] {
    let found = allActs.reversed().filter { act in filter.ids.map { !$0.isDisjoint(with: act.subjects) } ?? true }
    return found.prefix(filter.limit).map { act in
      let subjects = act.subjects.filter { filter.ids?.contains($0) ?? true }.prefix(Act.maxSubjects)
      return Act(
        at: act.at, act.kind, by: act.agent, Array(subjects), count: act.count, detail: act.detail)
    }
  }
}
