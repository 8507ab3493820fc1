import HTTPServing
import Locking
import Runs
import Storage
import Stores
import Telemetry
import TestSupport

@testable import StatusPort

/// A watcher that knows what a test says.
final class PlayedWatcher: StatusSubject {
  private let state:
    Locked<(facts: LiveFacts, moving: [MovingFact], answer: ReloadAnswer?, wakes: Int, reloads: [Agent])>

  init(_ facts: LiveFacts) {
    state = Locked((facts, [], .applied, 0, []))
  }

  var facts: LiveFacts { state.withLock { $0.facts } }
  var wakes: Int { state.withLock { $0.wakes } }
  var reloads: [Agent] { state.withLock { $0.reloads } }

  func change(_ change: (inout LiveFacts) -> Void) { state.withLock { change(&$0.facts) } }
  func moves(_ runs: [MovingFact]) { state.withLock { $0.moving = runs } }
  func answers(_ answer: ReloadAnswer?) { state.withLock { $0.answer = answer } }

  func movingRuns(limit: Int) async -> [MovingFact] { Array(state.withLock { $0.moving }.prefix(limit)) }
  func reload(by agent: Agent) async -> ReloadAnswer? {
    state.withLock { state in
      state.reloads.append(agent)
      return state.answer
    }
  }
  func wakeDelivery() { state.withLock { $0.wakes += 1 } }
}

/// Documents that say what was asked for.
struct PlayedDocuments: StatusDocuments {
  func status(_ store: any StateStore, _ time: TimeSource) -> [UInt8] {
    Array(#"{"healthy":true,"reasons":[]}"#.utf8)
  }

  func explanation(of run: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]? {
    try await store.knows(run: run) ? Array(#"{"runId":"\#(run)","timeline":[]}"#.utf8) : nil
  }

  func deliveries(_ records: [DeliveryRecord], _ store: any StateStore, _ time: TimeSource) -> [UInt8] {
    Array("[\(records.map { "\"\($0.id)\"" }.joined(separator: ","))]".utf8)
  }

  func delivery(_ id: String, _ store: any StateStore, _ time: TimeSource) async throws(StorageError) -> [UInt8]? {
    try await store.delivery(id: id) == nil ? nil : Array(#"{"id":"\#(id)"}"#.utf8)
  }
}

/// A port over a state of its own.
struct PortKit {
  static let token = "0123456789abcdef"

  let store: any StateStore
  let watcher: PlayedWatcher
  let telemetry = Telemetry(targets: ["webhook", "hook"])
  let time = ManualTime()
  let outage = Locked<StateOutage?>(nil)
  let port: StatusPort

  static func with(
    host: String = "127.0.0.1", token: String? = PortKit.token, _ body: (PortKit) async throws -> Void
  ) async throws {
    let scratch = try ScratchDirectory()
    let kit = try PortKit(scratch.path, host: host, token: token)
    defer { kit.store.close() }
    try await body(kit)
    _ = consume scratch
  }

  private init(_ directory: String, host: String, token: String?) throws {
    store = try StateStores.open("\(directory)/state.sqlite", for: .watching)
    var facts = LiveFacts(startedAt: time.now)
    facts.destinations = [
      .init(name: "chat", type: "webhook", pace: "1 per 1s"), .init(name: "a \"b\"\\c\nd", type: "slack", pace: nil),
    ]
    facts.rules = [.init(name: "rule", isEnabled: true), .init(name: "off", isEnabled: false)]
    (facts.endpoint, facts.organization, facts.rulesFile) = ("https://x.example", "org", "rules.json")
    watcher = PlayedWatcher(facts)
    telemetry.rulesFired.know(["rule", "off"])
    let surroundings = Surroundings(
      store: store, telemetry: telemetry, clock: StateClock(time.source), documents: PlayedDocuments(),
      version: "1.2.3", outage: { [outage] in outage.withLock { $0 } })
    port = StatusPort(watcher, surroundings, host: host, token: try token.map { try AccessToken($0) })
  }

  /// As a client on this machine asks.
  func get(_ path: String, _ headers: [String: String] = [:], method: String = "GET", body: String = "") async
    -> Response
  {
    let halves = path.split(separator: "?", maxSplits: 1)
    var query: [String: String] = [:]
    for pair in halves.count > 1 ? halves[1].split(separator: "&") : [] {
      let sides = pair.split(separator: "=", maxSplits: 1)
      query[String(sides[0])] = sides.count > 1 ? String(sides[1]) : ""
    }
    let request = Request(
      method: method, segments: (halves.first ?? "").split(separator: "/").map(String.init), query: query,
      headers: ["host": "127.0.0.1:9469"].merging(headers) { $1 }, body: Array(body.utf8), peer: "192.0.2.7")
    return await port.respond(to: request)
  }

  func post(_ path: String, _ headers: [String: String] = [:], body: String = "") async -> Response {
    await get(path, ["authorization": "Bearer \(Self.token)"].merging(headers) { $1 }, method: "POST", body: body)
  }
}

extension Response {
  var text: String {
    if case .bytes(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { "" }
  }

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
