import JSONSource

/// What belongs to a run: its log, its models and the files of those.
extension World {
  /// How long a download's address holds, in milliseconds.
  static let linkLifetime: Int64 = 15 * 60_000

  /// `{"items":[{"timestamp","block","severity","message"}]}`; the SDK takes any object.
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

  /// A page of models, latest last. They are exported, and so have contents, once the run has succeeded.
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
    let wantsContents = succeeded && query["contents"] == "y"
    return .json(
      JSONWriter.object { json in
        json.member("items") {
          $0.array(Array(page)) { json, epoch in
            let url = wantsContents ? signedURL(run, epoch, host: request.headers["host"] ?? "localhost", at: now) : nil
            writeModel(of: run, epoch: epoch, url: url, at: now, into: &json)
          }
        }
        if hasMore { json.member("nextPage", "+\(first + page.count)") }
      })
  }

  static func checkpoint(_ epoch: Int) -> String { "ckpt_\(epoch)" }

  private func writeModel(of run: ScriptedRun, epoch: Int, url: String?, at now: Int64, into json: inout JSONWriter) {
    let name = Self.checkpoint(epoch)
    let link = "/workspaces/\(organization)/runs/\(run.runID)/outputs/\(name)"
    let time = run.story(at: now).last?.at ?? now
    json.object {
      $0.member("kind", "RunOutput")
      $0.member("workspaceId", organization)
      $0.member("runId", run.runID)
      $0.member("runOutputId", name)
      $0.member("spec") { spec in
        spec.object {
          $0.member("kind", "Checkpoint")
          $0.member("epoch", epoch)
          $0.member("evaluationMetrics") { $0.object { $0.member("loss", raw: "0.\(100 - epoch % 100)".utf8) } }
        }
      }
      $0.member("status") { status in
        status.object {
          $0.member("observedGeneration", 1)
          $0.member("conditions") { $0.array { _ in } }
          $0.member("storageObject", "workspaces/\(organization)/runs/\(run.runID)/\(name).tar")
          if let url { $0.member("contents") { writeContents(url, expiresAt: now + Self.linkLifetime, into: &$0) } }
        }
      }
      $0.member("metadata") { metadata in
        metadata.object {
          $0.member("timeCreated", time)
          $0.member("lastUpdated", time)
          $0.member("generation", 1)
          $0.member("attributes") { $0.object { _ in } }
        }
      }
      $0.member("selfLink", link)
      $0.member("etag", String(fnv1a(link), radix: 16))
    }
  }

  private func writeContents(_ url: String, expiresAt: Int64, into json: inout JSONWriter) {
    json.object {
      $0.member("downloadUrl") {
        $0.object {
          $0.member("url", url)
          $0.member("expiresAt", expiresAt)
        }
      }
    }
  }
}
