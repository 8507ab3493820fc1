import JSONSource

/// A run's log, its models and their files.
extension World {
  /// `{"items":[{"timestamp","block","severity","message"}]}`; the SDK accepts any object.
  func logs(of run: ScriptedRun, _ request: ReceivedRequest, at now: Int64) -> Answer {
    let query = request.query
    let since = query["since"].flatMap(Int64.init) ?? .min
    let until = query["until"].flatMap(Int64.init) ?? .max
    var steps = run.story(at: now).filter { since <= $0.at && $0.at <= until }
    if let block = query["block"], block != "trainer" { steps = [] }
    if let limit = query["limit"].flatMap(Int.init) { steps = Array(steps.suffix(max(0, limit))) }
    return .json(
      JSONWriter.object { json in
        json.member("items") {
          $0.array(steps) { json, step in
            json.object {
              $0.member("timestamp", step.at)
              $0.member("block", "trainer")
              $0.member("severity", step.phase == .failed || step.phase == .error ? "ERROR" : "INFO")
              $0.member("message", step.message ?? "The run is \(step.phase.rawValue).")
            }
          }
        }
      })
  }

  /// A page of models, latest last. They are exported, and then have contents, some time after the run has succeeded.
  func outputs(of run: ScriptedRun, checkpoint: String?, _ request: ReceivedRequest, at now: Int64) -> Answer {
    let query = request.query
    let story = run.story(at: now)
    let succeeded = story.last?.phase == .succeeded
    let count = succeeded ? run.checkpoints : min(run.checkpoints, story.contains { $0.phase == .running } ? 1 : 0)
    var epochs = (0..<count).map { 10 * ($0 + 1) }
    if let checkpoint {
      epochs.removeAll { Self.checkpoint($0) != checkpoint }
      guard !epochs.isEmpty else { return .refusal(404, "Checkpoint \(checkpoint) was not found.") }
    }
    guard let size = pageSize(query["s"]) else { return .refusal(400, "The page size is not a positive number.") }
    guard let first = Int(query["p"]?.drop { $0 == "+" } ?? "0"), first >= 0 else {
      return .refusal(400, "The page token is not valid.")
    }
    let page = epochs.dropFirst(first).prefix(size)
    let hasMore = first + page.count < epochs.count
    let isExported = succeeded && now >= run.exportedAt ?? (story.last?.at ?? 0) + models.exportDelay
    let wantsContents = isExported && query["contents"] == "y"
    return .json(
      JSONWriter.object { json in
        json.member("items") {
          $0.array(Array(page)) { json, epoch in
            let url = wantsContents ? signedURL(run, epoch, host: request.headers["host"] ?? "localhost", at: now) : nil
            let link = "/workspaces/\(organization)/runs/\(run.runID)/outputs/\(Self.checkpoint(epoch))"
            ModelDocument(
              organization: organization, runID: run.runID, epoch: epoch, time: story.last?.at ?? now, selfLink: link,
              url: url, expiresAt: now + models.linkLifetime
            ).write(into: &json)
          }
        }
        if hasMore { json.member("nextPage", "+\(first + page.count)") }
      })
  }

  static func checkpoint(_ epoch: Int) -> String { "ckpt_\(epoch)" }
}
