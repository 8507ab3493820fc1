import JSONSource

/// The routes of the API under `/workspaces`.
extension World {
  static func kind(of request: ReceivedRequest) -> RequestKind {
    let segments = request.segments
    if segments.first == "files" { return .file }
    guard segments.count >= 3, segments[0] == "workspaces" else { return .other }
    switch (request.method, segments[2], segments.count, segments.last) {
    case ("GET", "runs", 3, _): return .list
    case ("GET", "simpleRuns", 3, _): return .simpleRuns
    case ("GET", "runs", 5, "logs"): return .logs
    case ("GET", "runs", 5, "outputs"): return .outputs
    case ("GET", "runs", 6, _): return segments[4] == "outputs" ? .outputs : .other
    case (_, "runs", 4, _): return RequestKind(rawValue: request.method.lowercased()) ?? .other
    default: return .other
    }
  }

  /// The answer of a healthy API.
  package mutating func answer(_ request: ReceivedRequest, at now: Int64) -> Answer {
    let kind = Self.kind(of: request)
    if kind == .file { return file(request, at: now) }
    if let refusal = refusal(of: request) { return refusal }
    let segments = request.segments
    let runID = segments.count > 3 ? segments[3] : ""
    switch kind {
    case .list: return list(request, at: now) { world, runID in world.document(runID, at: now) ?? [] }
    case .simpleRuns: return list(request, at: now) { world, runID in world.simple(runID, at: now) }
    case .put: return create(runID, request, at: now)
    default: break
    }
    guard let run = run(runID, at: now), kind != .other else {
      return .refusal(404, kind == .other ? "Cannot \(request.method) \(request.path)" : "Run \(runID) was not found.")
    }
    switch kind {
    case .patch: return patch(runID, request, at: now)
    case .delete:
      remove(runID, at: now)
      return Answer(200)
    case .logs: return logs(of: run, request, at: now)
    case .outputs: return outputs(of: run, checkpoint: segments.count > 5 ? segments[5] : nil, request, at: now)
    default: return .json(document(runID, at: now) ?? [])
    }
  }

  private func refusal(of request: ReceivedRequest) -> Answer? {
    guard let authorization = request.headers["authorization"] else {
      return .refusal(401, "The request has no Authorization header.")
    }
    guard authorization == "Bearer \(secretKey)" else { return .refusal(401, "The secret key is not valid.") }
    let segments = request.segments
    guard request.headers["organization-id"] == organization, segments.count > 1, segments[1] == organization else {
      return .refusal(403, "The secret key has no access to this organization.")
    }
    return nil
  }

  private mutating func list(
    _ request: ReceivedRequest, at now: Int64, item: (inout World, String) -> [UInt8]
  ) -> Answer {
    let query = request.query
    guard let size = pageSize(query["s"]) else { return .refusal(400, "The page size is not a positive number.") }
    var position: Position?
    if let token = query["p"], !token.isEmpty {
      guard let place = Cursor.position(of: token) else { return .refusal(400, "The page token is not valid.") }
      position = place
    }
    let page = page(behind: position, size: size, at: now)
    return .json(
      JSONWriter.object { json in
        json.member("items") { $0.array(page.runs) { $0.raw(item(&self, $1)) } }
        json.member("nextPage", page.next.map(Cursor.token))
        json.member("prevPage", nil as String?)
      })
  }

  /// Ten by default; nil if it is invalid.
  func pageSize(_ text: String?) -> Int? {
    guard let text else { return min(10, maximumPageSize) }
    return Int(text).flatMap { $0 > 0 ? min($0, maximumPageSize) : nil }
  }

  private func simple(_ runID: String, at now: Int64) -> [UInt8] {
    JSONWriter.object {
      $0.member("runId", runID)
      if let run = run(runID, at: now) { $0.member("name", run.flow) }
    }
  }

  /// Handles the SDK's `kill` and `update`.
  private mutating func patch(_ runID: String, _ request: ReceivedRequest, at now: Int64) -> Answer {
    guard let body = try? JSONDocument(parsing: request.body).root, body.members != nil else {
      return .refusal(400, "The body is not a JSON object.")
    }
    if let killedAt = body["spec"]?.present("killedAt") {
      guard let time = killedAt.integer else { return .refusal(400, "spec.killedAt is not a time in milliseconds.") }
      guard kill(runID, killedAt: time, at: now) else { return .refusal(409, "Run \(runID) has ended already.") }
    }
    if let attributes = body["metadata"]?["attributes"]?.members {
      change(runID, at: now) { run in
        for attribute in attributes { run.attributes[attribute.key] = attribute.value.string }
      }
    }
    return .json(document(runID, at: now) ?? [])
  }

  /// Handles the SDK's `create`: the run trains for half a minute and succeeds.
  private mutating func create(_ runID: String, _ request: ReceivedRequest, at now: Int64) -> Answer {
    guard let body = try? JSONDocument(parsing: request.body).root, let flow = body["spec"]?["flow"]?["name"]?.string
    else { return .refusal(400, "spec.flow.name is missing.") }
    guard run(runID, at: now) == nil else { return .refusal(409, "Run \(runID) exists already.") }
    var run = ScriptedRun(runID, flow: flow, trainingProject: body["spec"]?["trainingProject"]?.string, created: now)
    for attribute in body["metadata"]?["attributes"]?.members ?? [] {
      run.attributes[attribute.key] = attribute.value.string
    }
    run.life = [.init(at: now + 5_000, .running), .init(at: now + 35_000, .succeeded)]
    add(run)
    return .json(document(runID, at: now) ?? [])
  }

  package mutating func remove(_ runID: String, at now: Int64) {
    move(runID, to: .deleted, at: now)
  }
}
