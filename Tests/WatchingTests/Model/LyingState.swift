import Runs
import Transport
import ViAPI

@testable import Watching

/// What a lying source is made of; a value, so that one lock is enough.
struct LyingState: Sendable {
  let temper: Temper
  var world: ModelWorld
  private var draw: SeededDraw
  /// The source's clock, Unix milliseconds. It never goes back.
  private(set) var clock: Int64 = 1_766_000_000_000
  /// The watcher's.
  private(set) var ourClock: Int64
  /// The watcher's as well: it doesn't jump.
  private(set) var uptime: Int64 = 0
  private(set) var record = SweepRecord()
  private var sweep = 0
  /// Nothing happens any more, and every answer is honest.
  private(set) var isCalm = false
  let keepsStory: Bool
  private(set) var story: [String] = []

  init(temper: Temper, draw: SeededDraw, keepsStory: Bool) {
    (self.temper, self.draw, self.keepsStory) = (temper, draw, keepsStory)
    world = ModelWorld(order: temper.order)
    ourClock = clock - temper.skew
    for _ in 0..<temper.runs {
      let time = self.draw.below(50_000)
      wait(Int64(time))
      _ = world.create(at: clock, &self.draw)
      for _ in 0..<self.draw.below(4) {
        guard !world.list.isEmpty else { break }
        let time = 1 + self.draw.below(5_000)
        wait(Int64(time))
        let id = self.draw.pick(world.list)
        world.stir(id, temper, at: clock, &self.draw)
      }
    }
    for id in world.list { tell(of: id) }
  }

  mutating func tell(_ words: String) {
    if keepsStory { story.append("  \(words)") }
  }

  /// How the run is now, after something has happened.
  private mutating func tell(of id: String?) {
    guard keepsStory, let id else { return }
    story.append(
      world.runs[id].map { "  \(id) is \($0.isUnreadable ? "unreadable" : "\($0.sight)")" } ?? "  no \(id) any more")
  }

  mutating func calmDown() { isCalm = true }

  /// Half of the runs that move come to an end.
  mutating func endHalf() {
    let moving = world.list.filter { world.runs[$0]?.sight.phase.isTerminal == false }
    wait(1)
    let now = clock
    for id in moving.prefix((moving.count + 1) / 2) {
      world.change(id) { $0.succeed(at: now) }
      tell(of: id)
    }
  }

  mutating func wait(_ milliseconds: Int64) {
    clock += milliseconds
    ourClock += milliseconds
    uptime += milliseconds
  }

  /// Time goes by until the next sweep, and the world with it.
  ///
  /// - Parameter isSecondLook: only runs in doubt are looked at.
  mutating func beginSweep(after pause: Int64, isSecondLook: Bool = false) {
    sweep += 1
    tell("\(isSecondLook ? "second look" : "sweep") \(sweep)")
    for _ in 0..<(isCalm ? 0 : draw.below(temper.between + 1)) {
      let time = self.draw.below(1_000)
      wait(Int64(time))
      tell(of: world.stir(temper, at: clock, &draw))
    }
    wait(pause)
    record = SweepRecord()
    jump()
  }

  private mutating func jump() {
    guard !isCalm, draw.happens(temper.jump) else { return }
    let jump = draw.pick([-3_600_000, -5_000, 5_000, 3_600_000] as [Int64])
    ourClock += jump
    record.mayFail = true
    tell("our clock jumps by \(jump) ms")
  }

  private mutating func fault() -> SourceError? {
    guard !isCalm, draw.happens(temper.fault) else { return nil }
    record.mustFail = true
    tell("fault")
    return draw.pick([
      .failing(status: 500, message: "", retryAfter: nil), .rateLimited(retryAfter: .seconds(3)),
      .unreachable(.cutShort), .tooSlow,
    ])
  }
}

extension LyingState {
  mutating func page(_ token: String?, _ size: Int) -> Result<PageAnswer, SourceError> {
    record.requests += 1
    let time = draw.below(40)
    wait(Int64(time))
    while token != nil, !isCalm, draw.happens(temper.during) {
      tell(of: world.stir(temper, at: clock, &draw))
    }
    if draw.happens(0.02) { jump() }
    if let error = fault() { return .failure(error) }
    if token == nil { record.beginPass() }
    if let most = temper.refusesAbove, size > most { return .failure(.rejected(status: 400, message: "too many")) }
    if token == "end" {
      record.isWhole = true
      return .success(PageAnswer(bytes: Array("{}".utf8)))
    }
    let granted = temper.ignoresSize ? temper.cap : min(size, temper.cap)
    let begin = min(world.list.count, place(of: token, granted))
    let page = world.list[begin...].prefix(granted)
    if keepsStory { tell("page \(token ?? "-") of \(size): \(page.joined(separator: " "))") }
    for id in page { world.runs[id].map { record.showOnPage($0) } }
    return .success(answer(page, next: next(page, token, granted)))
  }

  private func place(of token: String?, _ granted: Int) -> Int {
    guard let token else { return 0 }
    let parts = token.split(separator: ":")
    switch temper.paging {
    case .number: return (Int(parts[0]) ?? 0) * granted
    case .offset: return Int(parts[0]) ?? 0
    case .cursor: return world.place(behind: (Int64(parts[0]) ?? 0, String(parts[1])))
    }
  }

  /// Nil behind the last page.
  private mutating func next(_ page: ArraySlice<String>, _ token: String?, _ granted: Int) -> String? {
    guard page.endIndex < world.list.count, let last = page.last, let run = world.runs[last] else {
      if temper.emptyEnd, draw.happens(0.5) { return "end" }
      record.isWhole = true
      return nil
    }
    if !isCalm, let token, draw.happens(temper.fault / 4) {
      record.mustFail = true
      tell("the token goes in a circle")
      return token
    }
    switch temper.paging {
    case .number: return "\(page.startIndex / granted + 1)"
    case .offset: return "\(page.endIndex)"
    case .cursor:
      let key = world.key(run)
      return "\(key.0):\(key.1)"
    }
  }

  private mutating func answer(_ page: ArraySlice<String>, next: String?) -> PageAnswer {
    var bytes = Array(#"{"items":["#.utf8)
    for id in page {
      if bytes.last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
      bytes += world.document(id) ?? []
    }
    let end =
      next.map { #"],"nextPage":"\#($0)"}"# } ?? draw.pick(["]}", #"],"nextPage":null}"#, #"],"nextPage":""}"#])
    bytes += Array(end.utf8)
    if !isCalm, draw.happens(temper.fault / 4) {
      record.mustFail = true
      tell("cut short")
      bytes.removeLast(1 + draw.below(bytes.count - 1))
    }
    return PageAnswer(bytes: bytes)
  }

  private mutating func wrongAnswer(about id: String, _ draw: inout SeededDraw) -> SourceError {
    let error: SourceError = draw.pick([
      .failing(status: 503, message: "", retryAfter: nil), .unreachable(.cutShort),
      .refused(status: 401, message: ""), .notVi("cut short"), .rejected(status: 400, message: ""),
    ])
    let passes =
      switch error {
      case .failing, .unreachable: true
      default: false
      }
    record.faulted[id] = !passes
    tell("fault at \(id): \(error)")
    return error
  }

  mutating func single(_ id: String, _ seed: UInt64) -> Result<[UInt8], SourceError> {
    record.requests += 1
    var draw = SeededDraw(seed: seed ^ UInt64(sweep) << 32 ^ id.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    if !isCalm, draw.happens(temper.wrongAnswer) { return .failure(wrongAnswer(about: id, &draw)) }
    // In a sweep that may be given up it is chance which runs are still asked for: nothing may come of their being asked.
    if !isCalm, temper.fault == 0, world.runs[id] != nil, draw.happens(temper.during) {
      world.stir(id, temper, at: clock, &draw)
      tell(of: id)
    }
    let isDenied = !isCalm && draw.happens(temper.wrong404)
    guard let run = world.runs[id], let document = world.document(id), !isDenied else {
      tell("no \(id)\(isDenied ? ", which is a lie" : "")")
      record.denied.insert(id)
      return .failure(.noSuchRun(id: id))
    }
    tell("asked for \(id)")
    record.show(run)
    // The answer about one run is laid out otherwise than the list.
    return .success(Array("{ ".utf8) + document.dropFirst())
  }
}
