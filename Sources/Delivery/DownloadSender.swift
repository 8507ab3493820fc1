internal import Locking
package import Logging
package import Models
internal import Rules
package import Runs
internal import Storage
internal import ViAPI

/// Makes one attempt of a delivery that is a download: the run's model in its folder, or what was got of it kept for the next
/// attempt.
package struct DownloadSender: Sendable {
  /// When the action names none; what a longer download has got by then is kept.
  private static let defaultTimeout: Duration = .seconds(12 * 3600)
  /// By the delays of ``RetryPolicy`` these are made over 2 min 35 s.
  private static let looksBeforeAbsence = 4
  /// Between two lines of log.
  private static let pace: Duration = .seconds(10)

  private let models: ModelDownloader
  private let home: String?
  private let time: TimeSource
  private let log: Logger

  /// - Parameter home: what `~` stands for.
  package init(models: ModelDownloader, home: String?, time: TimeSource, log: Logger) {
    self.models = models
    self.home = home
    self.time = time
    self.log = log
  }

  func attempt(_ delivery: ClaimedDelivery, _ call: DownloadCall) async -> AttemptResult {
    let directory = ModelFolder.expand(call.directory, home: home)
    guard directory.hasPrefix("/") else {
      return AttemptResult(
        outcome: .rejected(.notConfigured),
        detail: "\(call.directory) can't be found, for HOME is not set; name an absolute path in the rule")
    }
    do {
      let model = try await limited(delivery.timeout ?? Self.defaultTimeout) {
        try await models.download(
          run: delivery.runID, checkpoint: call.checkpoint, to: directory, onProgress: report(delivery))
      }
      guard let model else {
        return AttemptResult(outcome: .retry(.timedOut, after: nil), detail: "its time was up; it goes on where it was")
      }
      return AttemptResult(
        outcome: .delivered, detail: model.wasThere ? "was there already" : "\(model.bytes) bytes in place",
        output: model.path, step: StepResult(path: model.path))
    } catch let error as DownloadError {
      return AttemptResult(
        outcome: outcome(of: error, attempt: delivery.attempt - delivery.attemptsBefore), detail: "\(error)")
    } catch {
      return AttemptResult(outcome: .interrupted)
    }
  }

  /// Nil when the time was up.
  private func limited(
    _ timeout: Duration, _ work: @escaping @Sendable () async throws -> DownloadedModel
  ) async throws -> DownloadedModel? {
    try await withThrowingTaskGroup(of: DownloadedModel?.self) { group in
      group.addTask { try await work() }
      group.addTask { [time] in
        try await time.sleep(timeout)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }

  /// The run was read when its end was seen. That it is gone is not believed before the attempts have lasted minutes, and that
  /// the API says anything else of it only when the time for retries is over (``BeliefPolicy``).
  private func outcome(of error: DownloadError, attempt: Int) -> Outcome {
    switch error {
    case .cancelled: return .interrupted
    case .noSuchModel, .source(.noSuchRun):
      return attempt < Self.looksBeforeAbsence ? .retry(error.reason, after: nil) : .rejected(error.reason)
    case .source(let source): return .retry(error.reason, after: source.retryAfter)
    default: break
    }
    return error.isTemporary ? .retry(error.reason, after: nil) : .rejected(error.reason)
  }

  private func report(_ delivery: ClaimedDelivery) -> @Sendable (DownloadProgress) -> Void {
    let last = Locked(time.now())
    return { [time, log] progress in
      let now = time.now()
      let isDue = last.withLock { last in
        guard now - last >= Self.pace else { return false }
        last = now
        return true
      }
      guard isDue else { return }
      log.info(
        "model is on its way",
        metadata: [
          "delivery": "\(delivery.id)", "run": "\(delivery.runID)", "stage": "\(progress.stage)",
          "bytes": "\(progress.bytes)", "of": "\(progress.total.map(String.init) ?? "unknown")",
        ])
    }
  }
}

extension DownloadError {
  fileprivate var reason: FailureReason {
    switch self {
    case .notReady: .notReady
    case .source, .link, .transport, .noSuchModel: .downloadFailed
    case .tooLittleSpace, .disk, .foreign, .busy, .noThread: .diskFailed
    case .damaged, .archive: .badModel
    case .cancelled: .timedOut
    }
  }
}
