internal import HTTPServing
internal import JSONSource
internal import Runs
internal import Storage

/// A run in a list, with its deliveries.
struct ListedRun {
  let run: KnownRun
  let deliveries: [DeliveryRecord]

  func write(into json: inout JSONWriter) {
    let data = run.event.isEmpty ? nil : (try? JSONDocument(parsing: run.event))?.root["data"]
    json.object { json in
      json.member("runId", run.id)
      json.member("phase", run.entry.phase.rawValue)
      json.member("since", run.entry.since.iso8601)
      // Its phase was recorded at the first start, without notifications.
      json.member("isBaseline", run.entry.isBaseline)
      json.member("flow", data?["flow"]?.string)
      json.member("message", (data?["message"]?.string).map { String($0.prefix(300)) })
      json.member("durationSeconds", data?["durationSeconds"]?.integer)
      json.member("deliveries") { json in
        json.array(deliveries) { $1.writeBrief(into: &$0) }
      }
    }
  }
}

/// Runs page by page.
enum RunList {
  static let largestPage = 100
  /// Per run, so that a rule with hundreds of actions can't flood a page.
  private static let maxDeliveries = 20

  /// The newest ended runs.
  static func ended(_ store: any StateStore, limit: Int) async throws(StorageError) -> [ListedRun] {
    try await listed(store, RunQuery(phases: Set(Phase.allCases.filter(\.isTerminal)), limit: limit))
  }

  private static func listed(_ store: any StateStore, _ query: RunQuery) async throws(StorageError) -> [ListedRun] {
    var runs: [ListedRun] = []
    for run in try await store.runs(query) {
      let deliveries = try await store.deliveries(DeliveryFilter(runID: run.id, limit: maxDeliveries))
      runs.append(ListedRun(run: run, deliveries: deliveries))
    }
    return runs
  }

  /// `?phase=failed,error&limit=50&after=TOKEN`; the token is the answer's `next`.
  static func page(_ port: StatusPort, _ request: Request) async throws(StorageError) -> Response {
    let words = request.query["phase"]?.split(separator: ",").map(String.init)
    let phases = words?.map { Phase(rawValue: $0) } ?? Phase.allCases
    let limit = request.query["limit"].map { Int($0) } ?? 50
    guard !phases.contains(nil), let limit, (1...largestPage).contains(limit) else {
      let known = Phase.allCases.map(\.rawValue).joined(separator: ", ")
      return .problem(400, "phase is a list of \(known); limit is 1 to \(largestPage)")
    }
    var query = RunQuery(phases: Set(phases.compactMap(\.self)), limit: limit + 1)
    if let token = request.query["after"] {
      let parts = token.split(separator: ".", maxSplits: 1)
      guard parts.count == 2, let since = Int64(parts[0]) else {
        return .problem(400, "after is what the last page has as next")
      }
      query.after = (Timestamp(milliseconds: since), String(parts[1]))
    }
    let runs = try await listed(port.surroundings.store, query)
    let (shown, last) = (Array(runs.prefix(limit)), runs.prefix(limit).last?.run)
    return .json(
      JSONWriter.object { json in
        json.member("runs") { $0.array(shown) { $1.write(into: &$0) } }
        json.member("next", runs.count > limit ? last.map { "\($0.entry.since.milliseconds).\($0.id)" } : nil)
      })
  }
}

extension Response {
  /// `{"error": "…"}`: a sentence with what to do.
  static func problem(_ status: Int, _ message: String) -> Response {
    .json(JSONWriter.object { $0.member("error", message) }, status: status)
  }
}
