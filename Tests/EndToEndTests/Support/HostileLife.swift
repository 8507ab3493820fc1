import Glibc
import Locking
import Simulator
import TestSupport

/// The watcher's lives in a hostile world.
final class HostileLife: Sendable {
  struct Numbers: Sendable, CustomStringConvertible {
    var kills = 0
    var stops = 0
    var looks = 0
    var hangUps = 0
    var refused = 0
    var description: String {
      "\(kills) kills, \(stops) stops, \(looks) lives with --once, \(hangUps) times SIGHUP, \(refused) ended as refused"
    }
  }

  private let stage: Stage
  private let ledger: HostileLedger
  private let memory: PeakMemory
  private let counted = Locked(Numbers())

  init(stage: Stage, ledger: HostileLedger, memory: PeakMemory) {
    self.stage = stage
    self.ledger = ledger
    self.memory = memory
  }

  var numbers: Numbers { counted.withLock(\.self) }

  /// One life, ended by KILL more often than not.
  func live(number: Int, _ random: inout SeededGenerator) async throws {
    if Int.random(in: 0..<12, using: &random) == 0 {
      let end = try await once(number: number)
      counted.withLock { $0.looks += 1 }
      // Fine, a dead letter, no source, something still waits, no Vi API, refused credentials: by the answers it got.
      expect(end, in: [0, 1, 69, 75, 76, 77], number)
      return
    }
    let watch = try start(number)
    let count = Int.random(in: 1...60, using: &random)
    if Int.random(in: 0..<3, using: &random) == 0 {
      // Before it asks for something, it may not be listening to signals yet.
      let before = ledger.answers
      await ledger.answers(atLeast: before + count / 2 + 3, within: .seconds(4))
      if ledger.answers > before {
        watch.send(SIGHUP)
        counted.withLock { $0.hangUps += 1 }
      }
    }
    await ledger.answers(atLeast: ledger.answers + count, within: .seconds(5))
    if Int.random(in: 0..<4, using: &random) == 0 { try await look(number, &random) }
    try await finish(watch, number, isKill: Int.random(in: 0..<6, using: &random) > 0)
  }

  /// Beside the watcher, somebody looks at what it does.
  private func look(_ number: Int, _ random: inout SeededGenerator) async throws {
    let commands = [
      ["deliveries", "list", "--status", "pending"], ["explain", "run_\(Int.random(in: 150..<200, using: &random))"],
      ["deliveries", "list", "--status", "dead", "--output", "json"],
    ]
    let end = try await stage.run(arguments: commands.randomElement(using: &random) ?? [])
    expect(end, in: [0, 1], number)
    expectPlain(end.output, number)
  }

  private func finish(_ watch: RunningBinary, _ number: Int, isKill: Bool) async throws {
    memory.forget(watch.processID)
    watch.send(isKill ? SIGKILL : SIGTERM)
    let end = try await watch.end()
    if isKill, end.status == .killed(by: SIGKILL) {
      counted.withLock { $0.kills += 1 }
      return expectPlain(end.errors, number)
    }
    // One that has only just been started may end by our signal before it listens to any.
    if end.status == .killed(by: SIGTERM), !end.errors.contains("run changed") { return }
    // It ends by itself where its first look was refused.
    counted.withLock { $0.stops += 1 }
    if end.code == 77 { counted.withLock { $0.refused += 1 } }
    expect(end, in: [0, 77], number)
  }

  func once(number: Int) async throws -> End {
    let process = try start(number, "--once")
    defer { memory.forget(process.processID) }
    return try await process.end()
  }

  /// The last life, in a world that has become honest.
  ///
  /// - Returns: how long it took until all were told, or it was given up.
  func settle(_ messages: Set<HostileLedger.Message>, number: Int) async throws -> Duration {
    let watch = try start(number)
    let begin = ContinuousClock.now
    await ledger.told(messages, within: .seconds(200))
    let time = ContinuousClock.now - begin
    let before = ledger.wrongs.count
    try await finish(watch, number, isKill: false)
    if !ledger.untold(of: messages).isEmpty || ledger.wrongs.count > before {
      print("the last life said:\n\(watch.errors)")
    }
    return time
  }

  private func start(_ number: Int, _ more: String...) throws -> RunningBinary {
    let life = "life-\(String(repeating: "0", count: max(0, 6 - "\(number)".count)))\(number)"
    let process = try stage.start(arguments: ["watch", "--rules", "rules.json"] + more, with: ["LIFE": life])
    memory.watch(process.processID)
    return process
  }

  private func expect(_ end: End, in codes: Set<Int>, _ number: Int) {
    expectPlain(end.errors, number)
    guard let code = end.code, codes.contains(code) else {
      return ledger.note("life \(number) ended with \(end.status): \(end.errors.suffix(500))")
    }
  }

  /// No word that a terminal obeys, and no secret.
  private func expectPlain(_ text: String, _ number: Int) {
    let control = text.unicodeScalars.first { ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) }
    if let control {
      ledger.note("life \(number) said U+\(String(control.value, radix: 16)): \(around(control, in: text))")
    }
    for (name, secret) in HostileWorld.secrets where text.contains(secret) {
      ledger.note("life \(number) said the secret \(name)")
    }
    if text.contains(Scenario.defaultSecretKey) { ledger.note("life \(number) said the API's key") }
  }

  private func around(_ scalar: Unicode.Scalar, in text: String) -> String {
    text.split(separator: "\n").first { $0.unicodeScalars.contains(scalar) }.map { $0.prefix(300).debugDescription }
      ?? ""
  }
}
