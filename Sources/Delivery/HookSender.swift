internal import Hooks
internal import JSONSource
internal import Logging
internal import Rules
internal import Runs
internal import Secrets
internal import Storage
internal import Tracing

/// Makes one attempt of a delivery that is a hook.
struct HookSender: Sendable {
  /// When the action names none.
  static let defaultTimeout: Duration = .seconds(3600)
  /// "Try again later" (sysexits.h, EX_TEMPFAIL).
  static let tryLater: Int32 = 75

  let runner: HookRunner
  let secrets: SecretSource
  /// Nil: there are no traces.
  let tracer: Tracer?
  let log: Logger

  func attempt(_ delivery: ClaimedDelivery, _ call: HookCall) async -> AttemptResult {
    let environment: [(name: String, value: String)]
    do {
      environment =
        try variables(delivery)
        + call.environment.map { variable in
          let text = try ReferenceText(variable.reference)
          return (variable.name, try secrets.resolve(text, as: .variable(name: variable.name)).revealed)
        } + call.results.map { ($0.name, $0.value) }
    } catch {
      return AttemptResult(outcome: .retry(.notConfigured, after: nil), detail: "\(error)")
    }
    let hook = Hook(
      command: call.command.hookCommand, environment: environment, stdin: delivery.event,
      workingDirectory: call.workingDirectory, timeout: delivery.timeout ?? Self.defaultTimeout, user: call.user,
      umask: call.umask)
    let log = log
    let result = await runner.run(hook, secretPlaces: secrets.redactor.places) { stream, line in
      log.info("hook wrote", metadata: ["delivery": "\(delivery.id)", "stream": "\(stream)", "line": "\(line)"])
    }
    if !result.shortened.isEmpty {
      log.warning(
        "too long for the system and cut; the whole event is on the hook's stdin",
        metadata: ["delivery": "\(delivery.id)", "what": "\(result.shortened.joined(separator: ", "))"])
    }
    if let reason = result.guardFailure {
      log.warning(
        "should this process be killed, the children of its hooks may go on: no guard can be started",
        metadata: ["reason": "\(reason)"])
    }
    return reading(result, repeatsFailures: delivery.retryFor != nil)
  }

  /// The event as environment, for hooks that don't read JSON (contract, "A hook").
  private func variables(_ delivery: ClaimedDelivery) -> [(name: String, value: String)] {
    let data = (try? JSONDocument(parsing: delivery.event))?.root["data"]
    let named = [
      ("VI_PHASE", "phase"), ("VI_PREVIOUS_PHASE", "previousPhase"), ("VI_FLOW", "flow"),
      ("VI_TRAINING_PROJECT", "trainingProject"), ("VI_REASON", "reason"), ("VI_MESSAGE", "message"),
      ("VI_DURATION_SECONDS", "durationSeconds"),
    ].map { (name: $0.0, value: data?[$0.1].flatMap { $0.string ?? $0.number } ?? "") }
    return named + [
      ("VI_RUN_ID", delivery.runID), ("VI_EVENT_ID", delivery.eventID), ("VI_DELIVERY_ID", delivery.id),
      ("VI_ATTEMPT", "\(delivery.attempt)"), ("VI_RULE", delivery.rule),
    ] + (tracer.map { [("TRACEPARENT", $0.traceparent(of: delivery))] } ?? [])
  }

  private func reading(_ result: HookResult, repeatsFailures: Bool) -> AttemptResult {
    var attempt = AttemptResult(
      outcome: .delivered, output: result.stdout.text(secrets.redactor) + result.stderr.text(secrets.redactor))
    func failed(_ reason: FailureReason) -> Outcome {
      repeatsFailures ? .retry(reason, after: nil) : .rejected(reason)
    }
    switch result.ending {
    case .exited(let status):
      attempt.code = Int(status)
      attempt.detail = "exited with \(status)"
      attempt.step = StepResult(exitCode: Int(status), stdout: result.stdout.substitution)
      if status == Self.tryLater {
        attempt.outcome = .retry(.hookAskedLater, after: nil)
      } else if status != 0 {
        attempt.outcome = failed(.hookFailed)
      }
    case .signalled(let signal):
      attempt.outcome = failed(.hookSignalled)
      attempt.detail = "ended by signal \(signal)"
    case .timedOut(let killed):
      attempt.outcome = failed(.timedOut)
      attempt.detail = "stopped because its time was up" + (killed ? "; it ignored TERM and was killed" : "")
    case .interrupted: attempt.outcome = .interrupted
    case .notStarted(let reason):
      attempt.outcome = reason.isTemporary ? .retry(.hookNotStarted, after: nil) : failed(.hookNotStarted)
      attempt.detail = "\(reason)"
    }
    if result.leftProcesses { attempt.detail += "; what it left running was killed" }
    return attempt
  }
}

extension HookCall.Command {
  fileprivate var hookCommand: HookCommand {
    switch self {
    case .run(let words): .run(words)
    case .shell(let script): .shell(script)
    }
  }
}
