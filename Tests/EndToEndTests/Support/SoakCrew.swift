import Dispatch
import Glibc
import Locking
import Simulator
import TestSupport

/// What befalls processes that share a PostgreSQL.
enum SoakFault: CaseIterable {
  case kill
  /// It stands still for a moment.
  case nap
  /// It stands still until others have taken its place.
  case sleep
  /// Its connections are cut, and no new one lasts, for a moment.
  case cut
  /// What it says to the server doesn't arrive until others have taken its place, and then it does.
  case stall
  /// The server ends as in a power failure, and starts again.
  case restart

  /// All kinds about as often, in random order.
  static func some(_ count: Int, _ random: inout SeededGenerator) -> [SoakFault] {
    (0..<count).map { allCases[$0 % allCases.count] }.shuffled(using: &random)
  }
}

/// Processes that share a PostgreSQL. One that ends is followed by another in its place.
final class SoakCrew: Sendable {
  struct Numbers: Sendable, CustomStringConvertible {
    var kills = 0
    var stops = 0
    var cuts = 0
    var restarts = 0
    var replaced = 0
    var description: String {
      "\(kills) kills, \(stops) times stopped, \(cuts) times cut off, \(restarts) restarts, \(replaced) ended as replaced"
    }
  }

  private struct State {
    var numbers = Numbers()
    var processes: [RunningBinary?]
    var wrongs: [String] = []
    var isClosing = false
    /// Of the requests that have arrived: faults go on from there.
    var goal = 0
  }

  private static let size = 3

  private let stage: Stage
  private let server: PostgresServer
  private let environment: [String: String]
  private let networks: [SoakNetwork]
  private let state = Locked(State(processes: Array(repeating: nil, count: size)))
  private let keepers = Locked<[Task<Void, Never>]>([])

  init(_ stage: Stage, _ server: PostgresServer, environment: [String: String]) throws {
    (self.stage, self.server, self.environment) = (stage, server, environment)
    networks = try (0..<Self.size).map { _ in try SoakNetwork(server) }
    // Not in a group: whoever waits for a process kills it when he is cancelled.
    keepers.withLock { $0 = (0..<Self.size).map { place in Task { await keep(place) } } }
  }

  var numbers: Numbers { state.withLock(\.numbers) }

  private func keep(_ place: Int) async {
    do {
      while let process = try start(place) {
        let end = try await process.end()
        state.withLock { state in
          switch end.status {
          case .killed(by: SIGKILL): state.numbers.kills += 1
          case .exited(75): state.numbers.replaced += 1
          case .exited(0) where state.isClosing: break
          default: state.wrongs.append("a process ended with \(end.status): \(end.errors.suffix(2_000))")
          }
        }
      }
    } catch {
      state.withLock { $0.wrongs.append("\(error)") }
    }
  }

  /// Nil: it is over.
  private func start(_ place: Int) throws -> RunningBinary? {
    try state.withLock { state in
      if state.isClosing { return nil }
      let process = try stage.start(
        arguments: ["watch", "--rules", "rules.json", "--state", networks[place].uri], with: environment)
      state.processes[place] = process
      return process
    }
  }

  private func process(_ place: Int) -> RunningBinary? { state.withLock { $0.processes[place] } }

  /// Returns when it is over, and some of what there was to send has been sent before, during and after it.
  func suffer(_ fault: SoakFault, _ random: inout SeededGenerator) async throws {
    let place = Int.random(in: 0..<Self.size, using: &random)
    // Sometimes two are hit; one always can go on.
    let second = Int.random(in: 0..<3, using: &random) == 0 ? (place + 1) % Self.size : nil
    // Who hasn't joined yet has nothing to lose.
    let isLong = fault == .sleep || fault == .stall
    let process = isLong ? try await member(place) : process(place)
    try await progress(&random)
    func hitSecond() { if let second { self.process(second)?.send(SIGKILL) } }
    switch fault {
    case .kill:
      process?.send(SIGKILL)
      hitSecond()
    case .nap, .sleep:
      state.withLock { $0.numbers.stops += 1 }
      process?.send(SIGSTOP)
      hitSecond()
      if fault == .sleep { try await isGone(process) } else { try await progress(&random) }
      process?.send(SIGCONT)
      if fault == .sleep { try await ends(process, place) }
    case .cut, .stall:
      state.withLock { $0.numbers.cuts += 1 }
      networks[place].turn(fault == .cut ? .broken : .stalled)
      hitSecond()
      if fault == .stall { try await isGone(process) } else { try await progress(&random) }
      networks[place].turn(.open)
      if fault == .stall { try await ends(process, place) }
    case .restart:
      state.withLock { $0.numbers.restarts += 1 }
      try server.stop()
      hitSecond()
      try server.start()
    }
    try await progress(&random)
  }

  private var arrived: Int { ["hub", "other", "paced"].reduce(0) { $0 + stage.simulator.inbox($1).count } }

  /// Runs are about to move, and more messages to come of it than a fault waits for.
  func begin() {
    let arrived = arrived
    state.withLock { $0.goal = arrived }
  }

  /// Counted from ``begin()``, not from now: all of it may have arrived already.
  private func progress(_ random: inout SeededGenerator) async throws {
    let more = Int.random(in: 1...4, using: &random)
    let goal = state.withLock { state in
      state.goal += more
      return state.goal
    }
    try await stage.simulator.inboxCount(atLeast: goal)
  }

  private func member(_ place: Int) async throws -> RunningBinary? {
    while let process = process(place) {
      let row = "SELECT 1 / count(*) FROM vi_notify.members WHERE process = \(process.processID)"
      if try await psql(row).code == 0 { return process }
    }
    return nil
  }

  /// Whoever was replaced ends as such, and another is started: it must not go on.
  private func ends(_ process: RunningBinary?, _ place: Int) async throws {
    while let process, process === self.process(place) { try await Task.sleep(for: .milliseconds(20)) }
  }

  /// Others have seen that it gives no sign of life.
  private func isGone(_ process: RunningBinary?) async throws {
    guard let process else { return }
    try await wait(until: "NOT EXISTS (SELECT FROM vi_notify.members WHERE process = \(process.processID))")
  }

  /// All are at work.
  func settle() async throws {
    for place in 0..<Self.size {
      while let process = process(place) {
        try await wait(
          until: """
            (SELECT count(*) FROM vi_notify.members WHERE expires_at > clock_timestamp()) = \(Self.size)
            """)
        if process === self.process(place) { break }
      }
    }
  }

  private func wait(until condition: String) async throws {
    let script = "DO $$ BEGIN WHILE NOT (\(condition)) LOOP PERFORM pg_sleep(0.1); END LOOP; END $$"
    let end = try await psql(script)
    if end.code != 0 { throw NotThere(description: "psql failed: \(end.errors)") }
  }

  private func psql(_ script: String) async throws -> End {
    try await stage.shell(
      #"exec "$0" -X -q -v ON_ERROR_STOP=1 -d "$1" -c "$2""#,
      ["\(PostgresServer.programs ?? "")/psql", server.uri(), script])
  }

  /// No process is followed by another any more.
  func close() {
    state.withLock { $0.isClosing = true }
    for network in networks { network.turn(.open) }
  }

  /// Ends all; what was wrong with those that have ended by now.
  func end() async -> [String] {
    close()
    for process in state.withLock(\.processes) { process?.send(SIGTERM) }
    for keeper in keepers.withLock(\.self) { await keeper.value }
    return state.withLock(\.wrongs)
  }
}

/// The way of one process to the server.
final class SoakNetwork: Sendable {
  enum Mode { case open, broken, stalled }

  private let proxy: DroppingProxy
  private let mode = Locked(Mode.open)
  private let gate = DispatchGroup()

  init(_ server: PostgresServer) throws {
    proxy = try DroppingProxy("\(server.directory)/.s.PGSQL.\(server.port)")
    proxy.judge { [mode, gate] _ in
      switch mode.withLock({ $0 }) {
      case .open: return .pass
      case .broken: return .cut
      case .stalled:
        gate.wait()
        return .pass
      }
    }
  }

  var uri: String { "postgresql://postgres@127.0.0.1:\(proxy.port)/postgres?sslmode=disable" }

  func turn(_ next: Mode) {
    if next == .stalled { gate.enter() }
    let last = mode.withLock { mode in
      defer { mode = next }
      return mode
    }
    if last == .stalled { gate.leave() }
  }
}
