import Runs

/// What a document shows of a run, by the rules of the API's description and not by our reading of it.
struct Sight: Hashable {
  let phase: Phase
  /// Unix milliseconds.
  let since: Int64
  /// How often the run had been started anew.
  let life: Int
}

/// A run of the model's world: what has happened to it, the document that says so, and what that document means.
struct ModelRun {
  enum Dialect: CaseIterable { case documented, lifecycle, declared }

  struct Step {
    let phase: Phase
    let at: Int64
  }

  let id: String
  let created: Int64
  let dialect: Dialect
  private(set) var steps: [Step]
  private(set) var killedAt: Int64?
  private(set) var life = 0
  /// Differs without any meaning.
  var ripple = 0
  var isUnreadable = false

  init(id: String, created: Int64, dialect: Dialect) {
    (self.id, self.created, self.dialect) = (id, created, dialect)
    steps = [Step(phase: .pending, at: created)]
  }

  private var last: Step { steps.last ?? Step(phase: .pending, at: created) }

  /// When something last happened to it.
  var updated: Int64 { max(last.at, killedAt ?? 0) }

  var sight: Sight {
    var (phase, since) = (last.phase, last.at)
    if phase.isTerminal {
      // Started and Finished can't tell who or what ended a run; only `killedAt` does.
      if dialect == .lifecycle, phase != .succeeded { phase = killedAt == nil ? .failed : .cancelled }
    } else if let killedAt {
      (phase, since) = (.cancelled, killedAt)
    }
    return Sight(phase: phase, since: since, life: life)
  }

  /// The next thing that happens to it; false when nothing can happen within this millisecond.
  mutating func step(at now: Int64, using random: inout SeededDraw) -> Bool {
    let choice = random.below(10)
    switch (last.phase, killedAt) {
    case (.pending, nil) where choice < 6: add(.running, now)
    case (.pending, nil), (.running, nil):
      if choice % 5 == 0 { killedAt = now } else { end(at: now, using: &random) }
    case (.pending, _?), (.running, _?):
      if choice < 8 { add(.cancelled, now) } else { add(.succeeded, now) }
    default:
      guard last.at < now, updated < now else { return false }
      startAgain(pending: choice < 3 && dialect != .lifecycle, at: now)
    }
    return true
  }

  mutating func succeed(at now: Int64) { add(.succeeded, now) }

  private mutating func end(at now: Int64, using random: inout SeededDraw) {
    let phase = random.pick([Phase.succeeded, .succeeded, .failed, .error, .cancelled])
    if phase == .cancelled { killedAt = now }
    add(phase, now)
  }

  private mutating func startAgain(pending: Bool, at now: Int64) {
    killedAt = nil
    life += 1
    add(pending ? .pending : .running, now)
  }

  private mutating func add(_ phase: Phase, _ now: Int64) {
    steps.append(Step(phase: phase, at: now))
  }
}
