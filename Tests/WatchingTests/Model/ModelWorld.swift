import Runs

/// The runs of a source, in the order of its list.
struct ModelWorld {
  private static let maxRuns = 40

  let order: Temper.Order
  private(set) var runs: [String: ModelRun] = [:]
  /// Ids, the top of the list first.
  private(set) var list: [String] = []
  private var made = 0
  private var documents: [String: [UInt8]] = [:]

  init(order: Temper.Order) { self.order = order }

  /// Where a run stands: the list ascends by this.
  func key(_ run: ModelRun) -> (Int64, String) {
    switch order {
    case .newestFirst: (-run.created, run.id)
    case .oldestFirst: (run.created, run.id)
    case .byName: (0, run.id)
    case .byUpdate: (-run.updated, run.id)
    }
  }

  /// How many runs stand above `key`, or at it.
  func place(behind key: (Int64, String)) -> Int {
    list.firstIndex { id in runs[id].map { self.key($0) > key } ?? false } ?? list.count
  }

  /// A run made at `created`; its name says nothing of its age.
  mutating func create(at created: Int64, _ draw: inout SeededDraw) -> String? {
    guard runs.count < Self.maxRuns else { return nil }
    made += 1
    let id = "\(draw.pick(["a", "k", "z"]))\(made)"
    let run = ModelRun(id: id, created: created, dialect: draw.pick(ModelRun.Dialect.allCases))
    runs[id] = run
    list.insert(id, at: place(behind: key(run)))
    return id
  }

  mutating func delete(_ id: String) {
    runs[id] = nil
    list.removeAll { $0 == id }
    documents[id] = nil
  }

  /// Nil when there is no such run.
  mutating func document(_ id: String) -> [UInt8]? {
    if let document = documents[id] { return document }
    let document = runs[id]?.document
    documents[id] = document
    return document
  }

  mutating func change(_ id: String, _ body: (inout ModelRun) -> Void) {
    guard var run = runs[id] else { return }
    let old = key(run)
    body(&run)
    documents[id] = nil
    runs[id] = run
    guard key(run) != old else { return }
    list.removeAll { $0 == id }
    list.insert(id, at: place(behind: key(run)))
  }

  /// One more thing happens to some run, or a new one is made. Returns which.
  mutating func stir(_ temper: Temper, at now: Int64, _ draw: inout SeededDraw) -> String? {
    let choice = draw.below(10)
    if choice < 2 || list.isEmpty {
      let created = temper.backdates && draw.happens(0.5) ? now - Int64(draw.below(200_000)) : now
      return create(at: created, &draw)
    }
    let id = draw.pick(list)
    if choice == 2, temper.deletes {
      delete(id)
    } else {
      stir(id, temper, at: now, &draw)
    }
    return id
  }

  /// One more thing happens to this run; never its end in the list.
  mutating func stir(_ id: String, _ temper: Temper, at now: Int64, _ draw: inout SeededDraw) {
    let isRipple = draw.happens(0.2)
    let breaks = draw.happens(temper.unreadable)
    change(id) { run in
      if isRipple || !run.step(at: now, using: &draw) { run.ripple += 1 }
      run.isUnreadable = breaks
    }
  }
}
