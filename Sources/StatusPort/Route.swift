internal import HTTPServing
internal import JSONSource
internal import Runs
internal import Storage

/// A path with its handler.
struct Route: Sendable {
  typealias Handle =
    @Sendable (StatusPort, Request, _ parameters: [String]) async throws(StorageError) -> Response

  let method: String
  /// `/api/v1/runs/{id}`: a part in braces matches any text.
  let path: String
  let access: Gate.Access
  /// Without the state there is nothing to answer.
  let needsState: Bool
  let handle: Handle

  init(
    _ method: String, _ path: String, _ access: Gate.Access, needsState: Bool = true, _ handle: @escaping Handle
  ) {
    (self.method, self.path, self.access, self.needsState, self.handle) = (method, path, access, needsState, handle)
  }

  /// The texts in the places of the braces; nil if the path doesn't match.
  func parameters(_ segments: [String]) -> [String]? {
    let parts = path.split(separator: "/")
    guard parts.count == segments.count else { return nil }
    var parameters: [String] = []
    for (part, segment) in zip(parts, segments) {
      if part.first == "{" {
        parameters.append(segment)
      } else if part != segment {
        return nil
      }
    }
    return parameters
  }
}

extension StatusPort {
  static let routes: [Route] = [
    Route("GET", "/metrics", .reading, needsState: false) { port, request, _ throws(StorageError) in
      let exposition = Exposition(accept: request.headers["accept"])
      let body = exposition.write(try await port.metrics.samples())
      return Response(200, headers: [("Content-Type", exposition.contentType)], body: .bytes(body))
    },
    Route("GET", "/-/healthy", .open, needsState: false) { port, request, _ in port.health(.healthy, request) },
    Route("GET", "/-/ready", .open, needsState: false) { port, request, _ in port.health(.ready, request) },
    Route("GET", "/", .reading, needsState: false) { _, _, _ in Page.html },
    Route("GET", "/runs/{id}", .reading, needsState: false) { _, _, _ in Page.html },
    Route("GET", "/assets/page.css", .reading, needsState: false) { _, _, _ in Page.style },
    Route("GET", "/assets/page.js", .reading, needsState: false) { _, _, _ in Page.script },
    Route("GET", "/api/v1/overview", .reading) { port, _, _ throws(StorageError) in
      .json(LiveUpdates.message("overview", try await port.overview.members(), port.surroundings.clock.system.now()))
    },
    Route("GET", "/api/v1/events", .reading, needsState: false) { port, request, _ in
      port.updates.subscribe(after: request.headers["last-event-id"])
    },
    Route("GET", "/api/v1/status", .reading, needsState: false) { port, _, _ throws(StorageError) in
      if let outage = port.surroundings.outage() { return .status(outage) }
      return .json(
        try await port.surroundings.documents.status(port.surroundings.store, port.surroundings.clock.system))
    },
    Route("GET", "/api/v1/runs", .reading) { port, request, _ throws(StorageError) in
      try await RunList.page(port, request)
    },
    Route("GET", "/api/v1/runs/{id}", .reading) { port, _, parameters throws(StorageError) in
      let (around, id) = (port.surroundings, parameters[0])
      let found = try await around.documents.explanation(of: id, around.store, around.clock.system)
      return found.map { .json($0) } ?? .problem(404, "run \(id) is unknown: no sweep of this state has seen it")
    },
    Route("GET", "/api/v1/deliveries", .reading) { port, request, _ throws(StorageError) in
      try await port.deliveries(request)
    },
    Route("GET", "/api/v1/deliveries/{id}", .reading) { port, _, parameters throws(StorageError) in
      let (around, id) = (port.surroundings, parameters[0])
      let found = try await around.documents.delivery(id, around.store, around.clock.system)
      return found.map { .json($0) } ?? .problem(404, "there is no delivery \(id)")
    },
    Route("POST", "/api/v1/deliveries/{id}/replay", .acting) { port, request, parameters throws(StorageError) in
      try await Actions.replay(port, parameters[0], by: Agent(request))
    },
    Route("GET", "/api/v1/silences", .reading) { port, _, _ throws(StorageError) in
      let (silences, now) = (try await port.surroundings.store.silences(), port.surroundings.clock.now)
      var json = JSONWriter()
      json.array(silences.filter { $0.isActive(at: now) }) { $1.write(into: &$0, now: now) }
      return .json(json.bytes)
    },
    Route("POST", "/api/v1/silences", .acting) { port, request, _ throws(StorageError) in
      try await Actions.silence(port, request)
    },
    Route("POST", "/api/v1/silences/{id}/end", .acting) { port, request, parameters throws(StorageError) in
      try await Actions.endSilence(port, parameters[0], by: Agent(request))
    },
    Route("GET", "/api/v1/audit", .reading) { port, request, _ throws(StorageError) in try await port.audit(request) },
    Route("POST", "/-/reload", .acting) { port, request, _ in await port.reload(by: Agent(request)) },
  ]

  /// `?status=dead&run=ID&rule=NAME&destination=NAME&limit=50`: the newest, as `deliveries list` has them.
  private func deliveries(_ request: Request) async throws(StorageError) -> Response {
    let largest = 500
    let status = request.query["status"]
    let limit = request.query["limit"].map { Int($0) } ?? 50
    guard status.map({ ["pending", "delivered", "dead"].contains($0) }) ?? true, let limit,
      (1...largest).contains(limit)
    else { return .problem(400, "status is pending, delivered or dead; limit is 1 to \(largest)") }
    let filter = DeliveryFilter(
      status: status.flatMap(DeliveryStatus.init(rawValue:)), runID: request.query["run"], rule: request.query["rule"],
      destination: request.query["destination"], limit: limit)
    let records = try await surroundings.store.deliveries(filter)
    return .json(try await surroundings.documents.deliveries(records, surroundings.store, surroundings.clock.system))
  }

  /// `?limit=50`: the newest, the newest first.
  private func audit(_ request: Request) async throws(StorageError) -> Response {
    let largest = 500
    guard let limit = request.query["limit"].map({ Int($0) }) ?? 50, (1...largest).contains(limit) else {
      return .problem(400, "limit is 1 to \(largest)")
    }
    var json = JSONWriter()
    json.array(try await surroundings.store.acts(ActFilter(limit: limit))) { $1.write(into: &$0) }
    return .json(json.bytes)
  }

  private func health(_ question: Health.Question, _ request: Request) -> Response {
    Health(question, subject.facts, surroundings.telemetry, surroundings.clock.system, surroundings.outage())
      .response(to: request, isTrusted: gate.mayRead(request))
  }

  private func reload(by agent: Agent) async -> Response {
    switch await subject.reload(by: agent) {
    case .applied: .text("the rules file was read anew")
    case .refused(let why): .text("the rules in use stay in use: \(why)", status: 409)
    case nil: .text("the rules file will be read anew", status: 202)
    }
  }
}
