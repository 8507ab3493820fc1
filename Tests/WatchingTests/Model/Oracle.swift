import Runs

/// What a watcher must have told, given what was shown to it: written from the contract and from the API's description,
/// not from the watcher.
struct Oracle {
  /// What an event says, without its words. `time` is nil where it is our clock's.
  struct Told: Hashable {
    let run: String
    let eventKind: EventKind
    let time: Int64?

    init(_ run: String, _ eventKind: EventKind, at time: Int64?) {
      (self.run, self.eventKind, self.time) = (run, eventKind, time)
    }

    init(_ event: RunEvent) {
      let time: Int64? = event.eventKind == .disappeared ? nil : event.time.milliseconds
      self.init(event.runID, event.eventKind, at: time)
    }
  }

  struct Known {
    var sight: Sight
    var isGone = false
  }

  let temper: Temper
  let holds: [(phase: Phase, milliseconds: Int64)]
  private(set) var known: [String: Known] = [:]
  private(set) var told: Set<Told> = []
  private var hasBaseline = false
  /// When, by the watcher's clock, this watcher may have read all: at the last sweep that had to, or at a later one that
  /// came to the list's end, maybe only because there was so little of it.
  private var wholeAt: [Int64] = []
  /// Runs that this watcher has read: of others it can't say how long they have stayed, for it has no document of them.
  private var read: Set<String> = []
  /// How often in a row, and since when by the uptime, an answer said that there is no such run.
  private var denials: [String: (looks: Int, since: Int64)] = [:]
  /// Runs that were named, and of which nothing is known yet but that there is something.
  private var open: Set<String> = []

  init(temper: Temper, holds: [(phase: Phase, milliseconds: Int64)]) {
    (self.temper, self.holds) = (temper, holds)
  }

  /// Runs that have not ended.
  var moving: Set<String> {
    Set(known.filter { !$0.value.isGone && !$0.value.sight.phase.isTerminal }.keys)
  }

  /// Runs that may end, as far as the watcher can know.
  var active: Set<String> { moving.union(open) }

  /// A new watcher begins where the old one was killed.
  mutating func restarted() {
    (wholeAt, read, denials, open) = ([], [], [:], [])
  }

  /// A sweep ended well. Returns what is wrong with the events that it made, in words.
  ///
  /// - Parameters:
  ///   - isSecondLook: it was only at runs in doubt, between two sweeps.
  ///   - began: by our clock.
  ///   - uptime: when it began.
  ///   - clock: the source's, at the end.
  mutating func swept(
    _ record: SweepRecord, events: [RunEvent], isSecondLook: Bool, began: Int64, uptime: Int64, ended: Int64,
    clock: Int64
  ) -> [String] {
    var mistakes = isSecondLook ? [] : looks(record, began: began)
    var expected: Set<Told> = []
    var mayBe: Set<Told> = []
    let movedBefore = moving
    for (id, sight) in record.shown { expected.formUnion(take(id, sight)) }
    read.formUnion(record.shown.map(\.id))
    note(record, at: uptime)
    for id in movedBefore.intersection(denials.keys) where isGone(id, at: uptime) && record.denied.contains(id) {
      denials[id] = nil
      // Told once for one stay in one phase, also when it was a lie and the run came back.
      let gone = Told(id, .disappeared, at: nil)
      if told.contains(gone) { mayBe.insert(gone) } else { expected.insert(gone) }
      known[id]?.isGone = true
    }
    stays(at: clock, &expected, &mayBe)
    let fresh = events.map(Told.init)
    mistakes += compare(Set(fresh), expected.subtracting(told), mayBe.subtracting(told.filter { $0.time != nil }))
    if Set(fresh).count != fresh.count { mistakes.append("an event was told twice in one sweep") }
    mistakes += backwards(events)
    told.formUnion(fresh)
    if isSecondLook { return mistakes }
    if !temper.isNamed { hasBaseline = true }
    if record.isWhole { wholeAt = isFullDue(began) ? [ended] : wholeAt + [ended] }
    return mistakes
  }

  /// Three looks in a row over two minutes must say that a run is gone. What says nothing about it is no look if it passes
  /// by itself, and else ends the row.
  private mutating func note(_ record: SweepRecord, at uptime: Int64) {
    let shown = Set(record.shown.map(\.id)).union(record.unreadable)
    for id in shown { denials[id] = nil }
    for (id, ends) in record.faulted where ends { denials[id] = nil }
    for id in record.denied.subtracting(shown) {
      let (looks, since) = denials[id] ?? (0, uptime)
      denials[id] = (looks + 1, since)
    }
    guard temper.isNamed else { return }
    open.formUnion(record.unreadable.union(record.faulted.keys).filter { known[$0] == nil })
    open.subtract(record.denied.union(record.shown.map(\.id)))
  }

  private func isGone(_ id: String, at uptime: Int64) -> Bool {
    denials[id].map { $0.looks >= 3 && uptime - $0.since >= 120_000 } ?? false
  }

  private func compare(_ fresh: Set<Told>, _ expected: Set<Told>, _ mayBe: Set<Told>) -> [String] {
    expected.subtracting(fresh).map { "was not told: \($0)" }
      + fresh.subtracting(expected).subtracting(mayBe).map { "was told, but never shown: \($0)" }
  }

  /// What the contract says of a run that is shown like this.
  private mutating func take(_ id: String, _ sight: Sight) -> Set<Told> {
    let event = Told(id, .entered(sight.phase), at: sight.since)
    guard let before = known[id]?.sight else {
      known[id] = Known(sight: sight)
      let isNews = temper.isNamed || !hasBaseline ? sight.phase.isTerminal : true
      return isNews && (hasBaseline || temper.isNamed || temper.takesAll) ? [event] : []
    }
    known[id] = Known(sight: sight)
    if before.phase != sight.phase { return [event] }
    return sight.phase.isTerminal && before.life != sight.life ? [event] : []
  }

  /// A stay is told when it is over by the source's clock, which is known to two seconds.
  private func stays(at clock: Int64, _ expected: inout Set<Told>, _ mayBe: inout Set<Told>) {
    for id in moving {
      guard let sight = known[id]?.sight else { continue }
      for hold in holds where hold.phase == sight.phase {
        let over = sight.since + hold.milliseconds
        let event = Told(id, .stayed(hold.phase, .milliseconds(hold.milliseconds)), at: over)
        if over <= clock - 2_000, read.contains(id) {
          expected.insert(event)
        } else if over <= clock + 2_000 {
          mayBe.insert(event)
        }
      }
    }
  }

  private func backwards(_ events: [RunEvent]) -> [String] {
    var last: [String: Timestamp] = [:]
    return events.filter { event in
      guard case .entered = event.eventKind else { return false }
      defer { last[event.runID] = event.time }
      return last[event.runID].map { $0 > event.time } ?? false
    }.map { "was told behind a later one: \(Told($0))" }
  }

  private func isFullDue(_ began: Int64) -> Bool {
    wholeAt.allSatisfy { began < $0 || began - $0 >= temper.fullSweep.milliseconds }
  }

  /// Every run that moves is looked at in every sweep, and every run there is in every full one.
  private func looks(_ record: SweepRecord, began: Int64) -> [String] {
    var mistakes = moving.subtracting(record.lookedAt).sorted().map { "was not looked at, although it moves: \($0)" }
    if isFullDue(began), !record.isWhole { mistakes.append("not all was read, although it was time") }
    if record.isOutOfOrder, !record.isWhole { mistakes.append("the order proved wrong, and not all was read") }
    let hasNothing = temper.isNamed && record.answered.isEmpty && !record.faulted.isEmpty
    if record.mustFail || hasNothing { mistakes.append("a sweep ended well in spite of a fault") }
    return mistakes
  }
}
