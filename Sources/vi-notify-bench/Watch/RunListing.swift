import Glibc

/// The runs that ``RunListServer`` serves, as documents of ``size`` bytes each.
struct RunListing {
  static let size = 3_000
  static let organization = "bench-org"

  private struct Run {
    let number: Int
    let created: Int64
    /// Nil: it is running.
    var ended: Int64?
    var version = 0
    var document: [UInt8] = []
  }

  /// The oldest first, so that a new one is appended.
  private var runs: [Run] = []
  private var created = 0

  /// - Parameter moving: so many of the newest hundred are running: those that stand last among them.
  init(count: Int, moving: Int) {
    let now = Self.now
    for place in (0..<count).reversed() {
      let start = now - Int64(place + 1) * 60_000
      let isMoving = place < 100 && place >= min(100, count) - moving
      add(created: start, ended: isMoving ? nil : start + 45_000)
    }
  }

  var count: Int { runs.count }

  /// Every document gets other bytes, and says the same of its phase.
  mutating func changeAll() {
    for index in runs.indices { change(index) }
  }

  /// - Parameter turn: 0 ..< 10, which tenth.
  mutating func changeTenth(_ turn: Int) {
    for index in stride(from: turn, to: runs.count, by: 10) { change(index) }
  }

  mutating func changeOneMoving() {
    if let index = runs.lastIndex(where: { $0.ended == nil }) { change(index) }
  }

  mutating func create(_ count: Int) {
    // A list is only known to be in order when no two were created at the same time.
    for offset in 0..<count { add(created: Self.now + Int64(offset), ended: nil) }
  }

  /// The oldest of the running ones end.
  mutating func end(_ count: Int) {
    for index in runs.indices.filter({ runs[$0].ended == nil }).prefix(count) {
      runs[index].ended = max(Self.now, runs[index].created)
      change(index)
    }
  }

  /// The newest of the running ones are deleted.
  mutating func delete(_ count: Int) {
    for index in runs.indices.filter({ runs[$0].ended == nil }).suffix(count).reversed() { runs.remove(at: index) }
  }

  /// - Parameter offset: of the first item, counted from the newest run.
  func writePage(offset: Int, size: Int, into body: inout [UInt8]) {
    let end = min(offset + size, runs.count)
    body.append(contentsOf: Array("{\"items\":[".utf8))
    for place in min(offset, end)..<end {
      if place > offset { body.append(UInt8(ascii: ",")) }
      body.append(contentsOf: runs[runs.count - 1 - place].document)
    }
    body.append(contentsOf: Array(end < runs.count ? "],\"nextPage\":\"\(end)\"}".utf8 : "],\"nextPage\":null}".utf8))
  }

  func document(id: some StringProtocol) -> [UInt8]? {
    guard let number = Int(id.dropFirst(4)) else { return nil }
    return runs.last { $0.number == number }?.document
  }

  private mutating func add(created: Int64, ended: Int64?) {
    self.created += 1
    runs.append(Run(number: self.created, created: created, ended: ended))
    render(runs.count - 1)
  }

  private mutating func change(_ index: Int) {
    runs[index].version += 1
    render(index)
  }

  private mutating func render(_ index: Int) {
    runs[index].document = Self.text(runs[index])
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}

extension RunListing {
  private static let blocks = (0..<7).map { block in
    """
    {"block":"stage-\(block)","settings":{"epochs":\(40 + block),"learningRate":5e-05,"precision":"bfloat16",\
    "optimizer":{"name":"adamw","betas":[0.9,0.999],"weightDecay":0.01},"checkpoint":{"strategy":"interval",\
    "every":\(500 * block)},"augment":true},"style":{"x":\(120 * block),"y":340,"width":220,"height":96}}
    """
  }.joined(separator: ",")

  private static func text(_ run: Run) -> [UInt8] {
    let id = "run_" + padded(run.number, 8)
    let link = "/workspaces/\(organization)/runs/\(id)"
    let pending = condition("Pending", run.created)
    let running = condition("Running", run.created)
    let conditions = [pending, running] + (run.ended.map { [condition("Succeeded", $0)] } ?? [])
    let start = """
      {"kind":"Run","workspaceId":"\(organization)","runId":"\(id)","spec":{"flow":{"name":"flow-\(run.number % 20)",\
      "schema":"2025-07-01","tolerations":{},"settings":{"seed":\(run.number)},"blocks":[\(blocks)],\
      "trainingProject":"project-\(run.number % 7)"},"killedAt":null},"status":{"log":"\(link)/logs",\
      "observedGeneration":1,"conditions":[\(conditions.joined(separator: ","))]},"metadata":{"timeCreated":\(run.created),\
      "lastUpdated":\(run.created + Int64(run.version)),"generation":1,"attributes":{"team":"vision","stage":"release"}},\
      "selfLink":"\(link)","etag":"\(padded(run.version, 8))","note":"
      """
    let bytes = Array(start.utf8)
    return bytes + [UInt8](repeating: UInt8(ascii: "n"), count: max(0, size - bytes.count - 2)) + Array("\"}".utf8)
  }

  private static func condition(_ name: String, _ time: Int64) -> String {
    "{\"condition\":\"\(name)\",\"status\":\"Reached\",\"lastTransitionTime\":\(time),\"reason\":null,\"message\":null}"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
