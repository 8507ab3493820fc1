internal import HTTPServing
internal import JSONSource
internal import Runs
internal import Storage

/// The actions. They change the state as the commands do, so `explain` reports them the same way.
enum Actions {
  private static let longestSilence: Duration = .seconds(365 * 86_400)
  private static let longestReason = 500

  /// Like `deliveries replay ID`.
  static func replay(
    _ port: StatusPort, _ id: String, by agent: Agent
  ) async throws(StorageError) -> Response {
    let (store, now) = (port.surroundings.store, port.surroundings.clock.now)
    var filter = ReplayFilter()
    filter.ids = [id]
    var ids = try await store.replay(filter, by: agent, at: now)
    if ids.isEmpty { ids = try await store.hasten(ids: [id], by: agent, at: now) }
    guard !ids.isEmpty else { return .problem(404, "there is no delivery \(id)") }
    port.subject.wakeDelivery()
    return .json(JSONWriter.object { json in json.member("replayed") { $0.array(ids) { $0.string($1) } } })
  }

  /// Like `silence add`: `{"for": "2h", "rules": ["name"], "destinations": [], "reason": "why"}`.
  static func silence(_ port: StatusPort, _ request: Request) async throws(StorageError) -> Response {
    guard let body = try? JSONDocument(parsing: request.body).root, body.members != nil else {
      return .problem(400, "the body is not a JSON object")
    }
    guard let duration = body["for"]?.string.flatMap(Duration.init(notation:)), duration >= .seconds(1),
      duration <= longestSilence
    else { return .problem(400, "for is a duration from 1s to 365d, such as 2h") }
    guard let reason = body["reason"]?.string, !reason.allSatisfy(\.isWhitespace), reason.count <= longestReason else {
      return .problem(400, "reason says why, in at most \(longestReason) characters")
    }
    guard let rules = body.names("rules"), let destinations = body.names("destinations") else {
      return .problem(400, "rules and destinations are lists of names")
    }
    let facts = port.subject.facts
    let unknown =
      rules.subtracting(facts.rules.map(\.name)).sorted()
      + destinations.subtracting(facts.destinations.map(\.name)).sorted()
    guard unknown.isEmpty else {
      return .problem(404, "the rules file has no \(unknown.joined(separator: ", "))")
    }
    let now = port.surroundings.clock.now
    let silence = Silence(
      id: "sil_\(String(UInt64.random(in: .min ... .max), radix: 16))", createdAt: now, until: now + duration,
      reason: reason, rules: rules, destinations: destinations)
    try await port.surroundings.store.add(silence, by: Agent(request))
    var json = JSONWriter()
    silence.write(into: &json, now: now)
    return .json(json.bytes, status: 200)
  }

  /// Like `silence end ID`.
  static func endSilence(
    _ port: StatusPort, _ id: String, by agent: Agent
  ) async throws(StorageError) -> Response {
    guard try await port.surroundings.store.endSilence(id: id, by: agent, at: port.surroundings.clock.now) else {
      return .problem(404, "no silence \(id) is in force")
    }
    return .json(JSONWriter.object { $0.member("ended", id) })
  }
}

extension Agent {
  /// Whoever sent it had the token: nobody acts without.
  init(_ request: Request) {
    self.init(.port, name: request.peer, note: "with the token")
  }
}

extension JSONNode {
  /// Empty if the member is missing; nil if it isn't a list of strings.
  fileprivate func names(_ key: String) -> Set<String>? {
    guard let node = present(key) else { return [] }
    guard let names = node.elements?.map(\.string), !names.contains(nil) else { return nil }
    return Set(names.compactMap(\.self))
  }
}
