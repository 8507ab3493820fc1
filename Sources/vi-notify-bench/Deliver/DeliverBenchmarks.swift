import Delivery
import Glibc
import Locking
import Logging

/// What a delivery costs from the outbox on the disk to the receiver and back, beside the least outbox there can be, against
/// a sink in a process of its own: `vi-notify-bench deliver [DIR]`. The state files are made in DIR, which must be on a
/// disk and not in memory.
struct DeliverBenchmarks {
  private static let burst = 20_000
  private static let rounds = 3
  private static let concurrency = 64
  private static let paced = 1_000
  private static let waiting = 100_000
  private static let stuck = 10_000

  private let sink: SinkProcess
  private let directory: String

  init(directory: String?) throws(ServerFailure) {
    sink = try SinkProcess()
    self.directory = (directory ?? ".") + "/vi-notify-bench-\(getpid())"
    guard mkdir(self.directory, 0o700) == 0 else { throw ServerFailure("mkdir") }
  }

  func run() async throws {
    defer { removeFiles() }
    try await compareBursts()
    try await compareLimits()
    try await measurePace("deliver_paced")
    try await measurePace("deliver_beside_stuck", beside: SilentServer())
    try await measureMemory()
  }

  /// Rounds alternate, so that a machine that is busy for a while is so for both.
  private func compareBursts() async throws {
    var (least, ours): ([DeliveryCost], [DeliveryCost]) = ([], [])
    for round in 0..<Self.rounds {
      let rows = SQLiteRows(path: "\(directory)/least-\(round)")
      let outbox = MinimalOutbox(rows, url: sink.url, concurrency: Self.concurrency)
      rows.fill(Self.burst, body: [UInt8](repeating: 0x78, count: 1_024))
      let start = Stopwatch()
      expect(outbox.run())
      least.append(DeliveryCost(start, deliveries: Self.burst))
      ours.append(try await burst(path: "\(directory)/state-\(round)"))
    }
    let (limit, cost) = (DeliveryCost.best(least), DeliveryCost.best(ours))
    report("deliver_least_speed", limit.perSecond, "deliveries/s")
    report("deliver_speed", cost.perSecond, "deliveries/s", ratio: cost.perSecond / limit.perSecond)
    report("deliver_least_cpu", limit.cpu, "us/delivery")
    report("deliver_cpu", cost.cpu, "us/delivery", ratio: cost.cpu / limit.cpu)
  }

  /// The same blocks to a webhook and to Slack: the difference is what its limits cost.
  private func compareLimits() async throws {
    var (unlimited, limited): ([DeliveryCost], [DeliveryCost]) = ([], [])
    for round in 0..<Self.rounds {
      unlimited.append(try await burst(path: "\(directory)/unlimited-\(round)", .unlimited))
      limited.append(try await burst(path: "\(directory)/limited-\(round)", .limited))
    }
    let (without, with) = (DeliveryCost.best(unlimited), DeliveryCost.best(limited))
    report("deliver_blocks_cpu", without.cpu, "us/delivery")
    report("deliver_slack_blocks_cpu", with.cpu, "us/delivery", ratio: with.cpu / without.cpu)
  }

  private func burst(path: String, _ message: OutboxKit.Sink = .signed) async throws -> DeliveryCost {
    let kit = try OutboxKit(path: path, url: sink.url, sink: message)
    try await kit.fill(0..<Self.burst)
    let before = sink.count()
    let start = Stopwatch()
    kit.dispatcher.finish(.whenNothingIsDue)
    try await kit.dispatcher.run()
    let cost = DeliveryCost(start, deliveries: Self.burst)
    expect(sink.count() - before)
    await kit.close()
    return cost
  }

  /// From the end of a sweep's commit to the receiver's answer, at 100 a second.
  ///
  /// - Parameter stuck: ten thousand deliveries wait for it meanwhile.
  private func measurePace(_ name: String, beside stuck: SilentServer? = nil) async throws {
    let answers = Locked<[Double]>([])
    let kit = try OutboxKit(path: "\(directory)/\(name)", url: sink.url, stuck: stuck?.url) { metadata in
      guard metadata["destination"] == "sink" else { return }
      answers.withLock { $0.append(Stopwatch.seconds(CLOCK_MONOTONIC)) }
    }
    if stuck != nil { try await kit.fill(Self.waiting..<Self.waiting + Self.stuck, to: "stuck") }
    let commits = try await keepPace(kit, until: { answers.withLock { $0.count } >= Self.paced })
    await kit.close()
    let latencies = zip(commits, answers.withLock { $0.sorted() }).map { ($1 - $0) * 1000 }.sorted()
    report("\(name)_p50", latencies[Self.paced / 2], "ms")
    report("\(name)_p99", latencies[Self.paced * 99 / 100], "ms")
  }

  /// Cuts off what is under way at the end.
  ///
  /// - Returns: when each was in the outbox, in seconds.
  private func keepPace(_ kit: OutboxKit, until isDone: () -> Bool) async throws -> [Double] {
    var commits: [Double] = []
    async let _: Void = kit.dispatcher.run()
    let start = Stopwatch.seconds(CLOCK_MONOTONIC)
    for index in 0..<Self.paced {
      let wait = start + Double(index) / 100 - Stopwatch.seconds(CLOCK_MONOTONIC)
      if wait > 0 { try await Task.sleep(for: .seconds(wait), tolerance: .zero) }
      try await kit.fill(index..<index + 1)
      commits.append(Stopwatch.seconds(CLOCK_MONOTONIC))
      kit.dispatcher.wake()
    }
    while !isDone() { try await Task.sleep(for: .milliseconds(10)) }
    return commits
  }

  /// In a process of its own, for this one remembers what it has filled in.
  private func measureMemory() async throws {
    let path = "\(directory)/waiting"
    let kit = try OutboxKit(path: path, url: sink.url)
    try await kit.fill(0..<Self.waiting)
    await kit.close()
    fflush(nil)
    let arguments: [UnsafeMutablePointer<CChar>?] = [
      strdup("vi-notify-bench"), strdup("deliver-waiting"), strdup(path), nil,
    ]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    guard posix_spawn(&process, "/proc/self/exe", nil, nil, arguments, environ) == 0 else { return }
    waitpid(process, nil, 0)
  }

  /// Everything waits, for nobody listens at port 1: the memory of a dispatcher that has seen it.
  static func reportMemory(path: String) async throws {
    let kit = try OutboxKit(path: path, url: "http://127.0.0.1:1")
    async let running: Void = kit.dispatcher.run()
    try await Task.sleep(for: .seconds(2))
    report("deliver_waiting_100000_resident", Stopwatch.residentMegabytes, "MB")
    kit.dispatcher.stop()
    try await running
    await kit.close()
  }

  private func removeFiles() {
    let names =
      ["deliver_paced", "deliver_beside_stuck", "waiting"]
      + (0..<Self.rounds).flatMap { ["least-\($0)", "state-\($0)", "unlimited-\($0)", "limited-\($0)"] }
    for name in names { for end in ["", "-wal", "-shm"] { unlink("\(directory)/\(name)\(end)") } }
    rmdir(directory)
  }

  /// Ends the bench unless all were delivered: a speed with failures in it means nothing.
  private func expect(_ delivered: Int) {
    guard delivered != Self.burst else { return }
    print("{\"error\":\"\(delivered) of \(Self.burst) were delivered\"}")
    removeFiles()
    exit(70)
  }
}

private func report(_ name: String, _ value: Double, _ unit: String, ratio: Double? = nil) {
  let rounded = { (value: Double) in (value * 100).rounded() / 100 }
  let rest = ratio.map { ",\"ratio\":\(rounded($0))" } ?? ""
  print("{\"name\":\"\(name)\",\"value\":\(rounded(value)),\"unit\":\"\(unit)\"\(rest)}")
}
