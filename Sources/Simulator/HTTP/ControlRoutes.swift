import JSONSource

/// The simulator's own routes: the inbox, and `/simulator/…` to control it.
extension State {
  static let welcome = """
    This is vi-notify's simulated Vi API. Nothing here is real, and nothing leaves this machine.

    The API               /workspaces/ORGANIZATION/runs …
    A webhook inbox       /inbox/NAME             any method; answers 200 "ok" unless told otherwise
    What arrived          GET    /simulator/inbox[/NAME]
    Forget it             DELETE /simulator/inbox[/NAME]
    Answer otherwise      PUT    /simulator/inbox/NAME   [{"status":503,"headers":{"Retry-After":"3"},"times":2}]
    Requests, counted     GET    /simulator/requests
    Add a run             POST   /simulator/runs         {"runId":"run_new","life":[{"after":"2s","phase":"running"}]}
    Let the API fail      PUT    /simulator/faults       [{"on":"list","times":2,"answer":{"status":500}}]
    Damage answers        PUT    /simulator/hostile      {"seed":7,"rate":0.3}; where the scenario has "hostile"
    How much of it        GET    /simulator/hostile

    """

  /// Answers any request, which is recorded.
  mutating func answer(_ request: ReceivedRequest, at now: Int64) -> (answer: Answer, inbox: String?) {
    let segments = request.segments
    switch segments.first {
    case nil: return (.text(Self.welcome), nil)
    case "inbox":
      let name = segments.count > 1 ? segments[1] : ""
      return (inboxes[name, default: Inbox()].receive(request), name)
    case "simulator": return (control(request, Array(segments.dropFirst()), at: now), nil)
    default:
      let kind = World.kind(of: request)
      log.record(request, kind)
      guard let scripted = faults.next(for: kind) else { return (world.answer(request, at: now), nil) }
      return (scripted.answer { world.answer(request, at: now) }, nil)
    }
  }

  private mutating func control(_ request: ReceivedRequest, _ segments: [String], at now: Int64) -> Answer {
    let name = segments.count > 1 ? segments[1] : nil
    switch (request.method, segments.first) {
    case ("GET", "inbox"): return inboxListing(name)
    case ("DELETE", "inbox"):
      for key in inboxes.keys where name == nil || key == name { inboxes[key]?.forget() }
      return Answer(204)
    case ("PUT", "inbox"):
      guard let name else { return .refusal(400, "Name an inbox: /simulator/inbox/NAME.") }
      return Self.read(request) {
        $0.answers($0.root)
      } then: {
        inboxes[name, default: Inbox()].setAnswers($0)
      }
    case ("PUT", "faults"):
      return Self.read(request) {
        $0.faults($0.root)
      } then: {
        faults = FaultBook($0)
      }
    case ("POST", "runs"):
      return Self.read(request) {
        $0.runOrRuns($0.root)
      } then: { runs in
        for run in runs { world.add(run.shifted(by: now)) }
      }
    case ("PUT", "hostile"):
      guard harms != nil else {
        return .refusal(409, "This simulator was started without \"hostile\" in its scenario.")
      }
      return Self.read(request) {
        $0.hostility($0.root)
      } then: {
        harms = HarmBook($0)
      }
    case ("GET", "hostile"): return harmCounts
    case ("GET", "requests"): return requestCounts
    default: return .refusal(404, "Cannot \(request.method) \(request.path)")
    }
  }

  /// Reads the body as a part of a scenario. Mistakes are returned, one per line, and change nothing.
  private static func read<Part>(
    _ request: ReceivedRequest, _ part: (inout ScenarioReader) -> Part, then use: (Part) -> Void
  ) -> Answer {
    var reader = ScenarioReader(request.body)
    let value = part(&reader)
    guard reader.mistakes.isEmpty else {
      return .refusal(400, reader.mistakes.map { "\($0)" }.joined(separator: "\n"))
    }
    use(value)
    return Answer(204)
  }

  private func inboxListing(_ name: String?) -> Answer {
    let arrivals = inboxes.filter { name == nil || $0.key == name }
      .flatMap { entry in entry.value.arrivals.map { (entry.key, $0) } }
      .sorted { $0.1.time < $1.1.time }
    var json = JSONWriter()
    json.array(arrivals) { $1.1.write(inbox: $1.0, into: &$0) }
    return .json(json.bytes)
  }

  private var harmCounts: Answer {
    .json(
      JSONWriter.object { json in
        for (harm, count) in (harms?.counts ?? [:]).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
          json.member(harm.rawValue, count)
        }
      })
  }

  private var requestCounts: Answer {
    .json(
      JSONWriter.object { json in
        for kind in RequestKind.allCases where kind != .inbox { json.member(kind.rawValue, log.count(kind)) }
        json.member(RequestKind.inbox.rawValue, inboxCount(nil))
      })
  }
}
