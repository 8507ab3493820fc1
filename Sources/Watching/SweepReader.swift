internal import Runs
internal import Storage
internal import ViAPI

/// Reads the source: the whole list, its top and the active runs below it, or named runs.
struct SweepReader {
  /// The page size for reading everything; servers grant less.
  static let largestPage = 1_000
  /// Concurrent single requests.
  private static let requestsAtOnce = 8

  let source: any RunSource
  let judge: RunClassifier
  let hash: DocumentHash
  /// The list as of the last sweep.
  let list: RunListCache
  /// Hashes of documents that were requested one by one.
  let hashes: [String: UInt64]
  /// Runs whose last answer wasn't a document. They are requested on new connections.
  let doubted: Set<String>
  /// Those of them whose absence wouldn't be believed yet, so that the list needn't confirm it.
  let undecided: Set<String>
  /// The rest of the sweep's time.
  let timeLeft: @Sendable () -> Duration

  /// Reads every page, and then requests those of `expected` that were on none, one by one.
  ///
  /// - Parameter size: of a page, if the server grants it.
  func readAll(expected: Set<String>, size: Int) async throws(SourceError) -> Sweep {
    var sweep = Sweep()
    sweep.reserve(list.items.count + Self.largestPage)
    var recogniser = ItemRecogniser(list, hash)
    var pages = RunPages(source: source, size: size, timeLeft: timeLeft)
    while let found = try await page(&pages, &recogniser) { take(found, into: &sweep) }
    sweep.isWhole = true
    sweep.granted = pages.granted
    sweep.pageSize = pages.size
    let unseen = sweep.unseen(of: expected)
    await ask(for: unseen.sorted(), into: &sweep)
    return sweep
  }

  /// Reads the pages that contain everything new, and the active runs: by these pages or one by one.
  ///
  /// Returns nil if the pages contradict the known list; then only reading the whole list helps.
  ///
  /// - Parameters:
  ///   - moving: runs that have not ended.
  ///   - fresh: runs that the last sweep saw for the first time. Others may have slipped from one page to another while it read
  ///     them, so they don't prove that everything below is known.
  func readTop(moving: Set<String>, fresh: Set<String>, granted: Int) async throws(SourceError) -> Sweep? {
    let plan = SweepPlan(places: list.moving, granted: granted)
    var sweep = Sweep()
    var recogniser = ItemRecogniser(list, hash)
    var pages = RunPages(source: source, size: plan.size, timeLeft: timeLeft)
    var count = 0
    var sawKnown = false
    while count < plan.pages || !sawKnown, let found = try await page(&pages, &recogniser) {
      let before = sweep.items.count
      take(found, into: &sweep)
      count += 1
      sawKnown = sawKnown || sweep.items[before...].contains { isKnown($0.id, fresh) }
      if sweep.isOutOfOrder { return nil }
    }
    let lowest = sweep.items.last { $0.created != nil }?.created
    let unseen = sweep.unseen(of: moving)
    let isAstray = list.moving.contains { place in
      let item = list.items[place]
      guard unseen.contains(item.id), let created = item.created, let lowest else { return false }
      return created > lowest
    }
    if isAstray { return nil }
    await ask(for: unseen.sorted(), into: &sweep)
    // Doubt and believe that a run is gone only if the list doesn't show it either.
    return sweep.missing.allSatisfy(undecided.contains) ? sweep : nil
  }

  /// Requests runs one by one, concurrently. Throws if none of them got an answer.
  func read(named ids: [String]) async throws(SourceError) -> Sweep {
    var sweep = Sweep()
    await ask(for: ids, into: &sweep)
    if sweep.faults.count == ids.count, let error = ids.lazy.compactMap({ sweep.faults[$0] }).first { throw error }
    return sweep
  }

  /// Requests runs in doubt again.
  func readAgain(_ ids: [String]) async -> Sweep {
    var sweep = Sweep()
    sweep.isSecondLook = true
    await ask(for: ids, into: &sweep)
    return sweep
  }

  private func isKnown(_ id: String, _ fresh: Set<String>) -> Bool {
    judge.ledger.runs[id] != nil && !fresh.contains(id)
  }
}

extension SweepReader {
  private typealias FoundPage = (page: RunPage, places: [Int?])

  private func page(_ pages: inout RunPages, _ recogniser: inout ItemRecogniser) async throws(SourceError) -> FoundPage?
  {
    recogniser.beginPage()
    let page = try await pages.next { recogniser.length($0) }
    return page.map { ($0, recogniser.found) }
  }

  private func take(_ found: FoundPage, into sweep: inout Sweep) {
    found.page.bytes.withUnsafeBytes { bytes in
      for (range, place) in zip(found.page.items, found.places) {
        if let place {
          sweep.add(list.items[place])
        } else {
          take(UnsafeRawBufferPointer(rebasing: bytes[range]), into: &sweep)
        }
      }
    }
  }

  private func take(_ document: UnsafeRawBufferPointer, into sweep: inout Sweep) {
    // Check before copying the document.
    if let refusal = MalformedRun(tooLarge: document) { return sweep.malformed.append(refusal) }
    let hash = hash(document)
    if let item = list[hash: hash] { return sweep.add(item) }
    if takeSummary(document, hash, into: &sweep) { return }
    do throws(MalformedRun) {
      let run = try Run(mending: Array(document))
      if let fault = run.fault { sweep.mended[run.id] = fault }
      let observation = judge.observation(run, after: sweep.earlier(run.id))
      guard sweep.hasRoom(for: observation) else { return }
      sweep.add(
        RunListCache.Item(
          id: run.id, hash: hash, length: document.count, created: run.createdAt, isMoving: observation.isMoving))
      sweep.note(observation)
    } catch {
      sweep.malformed.append(error)
    }
  }

  /// Handles a run that nobody is notified about; false if more of the document must be read.
  private func takeSummary(_ document: UnsafeRawBufferPointer, _ hash: UInt64, into sweep: inout Sweep) -> Bool {
    guard let summary = RunSummary(document), sweep.observations[summary.id] == nil,
      let observation = judge.unchangedObservation(summary, after: sweep.quiet[summary.id])
    else { return false }
    sweep.add(
      RunListCache.Item(id: summary.id, hash: hash, length: document.count, created: summary.createdAt, isMoving: false)
    )
    sweep.note(observation, of: summary.id)
    return true
  }

  /// An error with one run says nothing about the others: it is noted, and they are processed.
  private func ask(for ids: [String], into sweep: inout Sweep) async {
    for (id, result) in await answers(ids) {
      switch result {
      case .success(let run):
        let hash = run.document.withUnsafeBytes { self.hash($0) }
        let observation = hashes[id] == hash ? nil : judge.observation(run)
        if let observation, !sweep.hasRoom(for: observation) { continue }
        sweep.hashes[id] = hash
        if let observation { sweep.note(observation) }
        if let fault = run.fault { sweep.mended[id] = fault }
      case .failure(.noSuchRun): sweep.missing.append(id)
      case .failure(.unreadable(let error)): sweep.malformed.append(error)
      case .failure(let error): sweep.faults[id] = error
      }
    }
  }

  private typealias DocumentResult = (id: String, result: Result<Run, SourceError>)

  /// If the first answers are all faults, or one asks for fewer requests, the rest is not requested, as if it had been answered
  /// the same way.
  private func answers(_ ids: [String]) async -> [DocumentResult] {
    await withTaskGroup(of: DocumentResult.self) { group in
      var waiting = ids[...]
      var answers: [DocumentResult] = []
      var hasAnswer = false
      func start() {
        guard let id = waiting.popFirst() else { return }
        group.addTask { await answer(id) }
      }
      for _ in 0..<Self.requestsAtOnce { start() }
      while let answer = await group.next() {
        answers.append(answer)
        if case .failure(let error) = answer.result, error.isFault {
          let isOver = !hasAnswer && answers.count >= Self.requestsAtOnce
          if isOver || error.retryAfter != nil {
            answers += waiting.map { ($0, .failure(error)) }
            waiting = []
          }
        } else {
          hasAnswer = true
        }
        start()
      }
      return answers
    }
  }

  private func answer(_ id: String) async -> DocumentResult {
    do throws(SourceError) {
      let left = timeLeft()
      guard left > .zero else { throw .tooSlow }
      let timeout = min(ViClient.requestTimeout, left)
      return (id, .success(try await source.run(id: id, timeout: timeout, isFresh: doubted.contains(id))))
    } catch {
      return (id, .failure(error))
    }
  }
}

extension SourceError {
  /// It says nothing about the requested run.
  fileprivate var isFault: Bool {
    switch self {
    case .noSuchRun, .unreadable: false
    default: true
    }
  }
}
