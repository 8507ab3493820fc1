internal import JSONSource
internal import Rules
package import Runs
internal import Storage
package import ViAPI

/// Fetches what an action includes in its message: the metrics of the newest model and the end of the run's log.
///
/// It is a step of its own before the action, so that it is as durable as everything else. It never fails: what can't be had in
/// time is left out, for a message without a log is worth more than none. What was fetched for an event is kept a while, since
/// several actions may want it.
package struct IncludeSender: Sendable {
  /// After the event; then the message goes with what there is.
  private static let patience: Duration = .seconds(120)
  /// After the event, how long an answer that says that there is nothing is not believed: a log may be late, and a single 404
  /// means little.
  private static let doubt: Duration = .seconds(30)
  private static let requestTimeout: Duration = .seconds(30)
  /// The last lines of a log, and their length in characters (contract, `include`).
  private static let (lines, characters) = (20, 2_000)

  private let source: any RunExtras
  private let time: TimeSource
  private let memory = Memory()

  package init(source: any RunExtras, time: TimeSource) {
    self.source = source
    self.time = time
  }

  func attempt(_ delivery: ClaimedDelivery, _ call: IncludeCall) async -> AttemptResult {
    let age = time.now() - delivery.retryFrom
    var (found, missing, mayCome): ([IncludeCall.Part: Value], [String], Bool) = ([:], [], false)
    for part in IncludeCall.Part.allCases where call.parts.contains(part) {
      do {
        let value = try await memory.value(Key(event: delivery.eventID, part: part)) {
          try await fetch(part, of: delivery.runID)
        }
        if let value {
          found[part] = value
        } else {
          missing.append("no \(part.rawValue)")
          mayCome = mayCome || age < (isAwaited(part, delivery.event) ? Self.patience : Self.doubt)
        }
      } catch is CancellationError {
        return AttemptResult(outcome: .interrupted)
      } catch {
        missing.append("no \(part.rawValue): \(error)")
        mayCome = mayCome || age < Self.patience
      }
    }
    if mayCome {
      return AttemptResult(outcome: .retry(.notReady, after: nil), detail: missing.joined(separator: "; "))
    }
    return AttemptResult(
      outcome: .delivered, detail: missing.isEmpty ? "all was there" : "left out: \(missing.joined(separator: "; "))",
      step: StepResult(included: Self.json(found)))
  }

  /// The models of a run that has succeeded are exported some time after its end.
  private func isAwaited(_ part: IncludeCall.Part, _ event: [UInt8]) -> Bool {
    let phase = (try? JSONDocument(parsing: event))?.root["data"]?["phase"]?.string
    return part == .metrics && phase == Phase.succeeded.rawValue
  }

  /// Nil: there is nothing yet.
  private func fetch(_ part: IncludeCall.Part, of run: String) async throws -> Value? {
    switch part {
    case .metrics:
      guard let newest = try await source.outputs(of: run).last, let metrics = RunMetrics(newest) else { return nil }
      return .metrics(metrics)
    case .logs:
      do throws(SourceError) {
        let log = try await source.log(of: run, lines: Self.lines, timeout: Self.requestTimeout)
        return log.lines.isEmpty ? nil : .logs(log.tail(Self.lines, characters: Self.characters))
      } catch {
        guard case .noSuchRun = error else { throw error }
        return nil
      }
    }
  }

  private static func json(_ found: [IncludeCall.Part: Value]) -> [UInt8] {
    JSONWriter.object { json in
      if case .metrics(let metrics)? = found[.metrics] {
        json.member("metrics", raw: metrics.json)
        json.member("metricsText", metrics.text)
      }
      if case .logs(let text)? = found[.logs] { json.member("logs", text) }
    }
  }

  fileprivate enum Value: Sendable {
    case metrics(RunMetrics)
    case logs(String)
  }

  fileprivate struct Key: Hashable {
    let event: String
    let part: IncludeCall.Part
  }
}

/// What the API has beside a run.
package protocol RunExtras: Sendable {
  /// In the API's order, the latest last.
  func outputs(of run: String) async throws(SourceError) -> [RunOutput]
  /// - Parameter lines: so many are wanted; there may be more.
  func log(of run: String, lines: Int, timeout: Duration) async throws(SourceError) -> RunLog
}

extension ViClient: RunExtras {
  package func outputs(of run: String) async throws(SourceError) -> [RunOutput] {
    try await outputs(of: run, checkpoint: nil, contents: false)
  }

  package func log(of run: String, lines: Int, timeout: Duration) async throws(SourceError) -> RunLog {
    try await log(of: run, limit: lines, timeout: timeout).log
  }
}

/// What was fetched, by event: once, however many actions want it. An actor would let two ask between its two looks; a task that is
/// under way is therefore kept like a value.
private actor Memory {
  private static let maxEvents = 256

  private var tasks: [IncludeSender.Key: Task<IncludeSender.Value?, any Error>] = [:]
  /// The oldest first.
  private var order: [IncludeSender.Key] = []

  /// - Parameter fetch: nil and errors aren't kept: the next attempt asks again.
  func value(
    _ key: IncludeSender.Key, fetch: @escaping @Sendable () async throws -> IncludeSender.Value?
  ) async throws -> IncludeSender.Value? {
    let task = tasks[key] ?? begin(key, fetch)
    let value: IncludeSender.Value?
    do {
      value = try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
    } catch {
      forget(key, task)
      throw error
    }
    if value == nil { forget(key, task) }
    return value
  }

  private func begin(
    _ key: IncludeSender.Key, _ fetch: @escaping @Sendable () async throws -> IncludeSender.Value?
  ) -> Task<IncludeSender.Value?, any Error> {
    let task = Task { try await fetch() }
    tasks[key] = task
    order.append(key)
    if order.count > Self.maxEvents { tasks[order.removeFirst()] = nil }
    return task
  }

  /// Unless another has begun since.
  private func forget(_ key: IncludeSender.Key, _ task: Task<IncludeSender.Value?, any Error>) {
    guard tasks[key] == task else { return }
    tasks[key] = nil
    order.removeAll { $0 == key }
  }
}
