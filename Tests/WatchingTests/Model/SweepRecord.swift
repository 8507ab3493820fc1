/// What a source showed since a sweep began.
struct SweepRecord {
  /// In the order in which it was shown, by the pages from the last first one on, and by answers about single runs.
  var shown: [(id: String, sight: Sight)] = []
  /// Runs whose document was shown but could not be read.
  var unreadable: Set<String> = []
  /// Runs of which a single answer said that there is none.
  var denied: Set<String> = []
  /// Runs of which a single answer said nothing; whether it was one that does not pass by itself.
  var faulted: [String: Bool] = [:]
  /// Some run of the pages was created after one that stood above it.
  private(set) var isOutOfOrder = false
  private var lastCreated: Int64?
  /// The last page was read.
  var isWhole = false
  /// Something was answered with which a sweep can't end well.
  var mustFail = false
  /// Our clock jumped, so that a sweep may seem to have taken too long.
  var mayFail = false
  var requests = 0

  /// The list is read from its top: what the pages before showed is not concluded from.
  mutating func beginPass() {
    (shown, unreadable, denied, faulted, isWhole) = ([], [], [], [:], false)
    (isOutOfOrder, lastCreated) = (false, nil)
  }

  mutating func show(_ run: ModelRun) {
    if run.isUnreadable { unreadable.insert(run.id) } else { shown.append((run.id, run.sight)) }
  }

  /// On a page; a run that has shifted to the next one keeps its place.
  mutating func showOnPage(_ run: ModelRun) {
    if !run.isUnreadable, !shown.contains(where: { $0.id == run.id }) {
      isOutOfOrder = isOutOfOrder || lastCreated.map { $0 < run.created } ?? false
      lastCreated = run.created
    }
    show(run)
  }

  /// Runs of which something was said.
  var answered: Set<String> {
    unreadable.union(denied).union(shown.map(\.id))
  }

  /// Runs that the watcher has looked at, or has tried to.
  var lookedAt: Set<String> {
    answered.union(faulted.keys)
  }
}
