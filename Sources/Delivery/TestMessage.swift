package import Rules
package import Runs
package import Secrets
internal import Storage
package import Transport

/// A message that a person asks for, to see whether a destination takes it. Nothing of it is kept.
package struct TestMessage: Sendable {
  /// What became of it.
  package struct Verdict: Sendable {
    package let isAccepted: Bool
    /// Why not; nil when it was accepted.
    package let reason: FailureReason?
    /// HTTP status; nil when there was no answer.
    package let status: Int?
    /// What happened, a clause. Redacted.
    package let detail: String
    /// What the service said. Redacted.
    package let answer: String
  }

  private static let words = "a test message of vi-notify: no run has ended"
  private let event: RunEvent
  private let link: RunLink

  /// - Parameter now: also makes the message's id, so that no receiver takes a second test for a repeat.
  package init(organization: String, link: RunLink, now: Timestamp) {
    self.link = link
    let document = """
      {"runId":"run_test","spec":{"flow":{"name":"vi-notify test"}},"metadata":{"attributes":{"test":"true"},\
      "timeCreated":\(now.milliseconds)},"status":{"conditions":[{"condition":"Succeeded","status":"Reached",\
      "lastTransitionTime":\(now.milliseconds),"reason":"Test","message":"\(Self.words)"}]}}
      """
    let origin = RunEvent.Origin(organization: organization, endpoint: "https://api.vi.datature.com")
    let run = try? Run(parsing: Array(document.utf8))
    event =
      run.map { RunEvent($0, reading: $0.reading, previousPhase: .running, origin: origin) }
      ?? RunEvent(stopped: "test", reason: Self.words, at: now, origin: origin)
  }

  /// To each recipient, until one is refused.
  package func send(
    to destination: DestinationSettings, http: HTTPClient, secrets: SecretSource, time: TimeSource
  ) async -> Verdict {
    let sender = RequestSender(http: http, secrets: secrets, time: time)
    let recipients = destination.recipients.isEmpty ? [nil] : destination.recipients.map(Optional.some)
    var result = AttemptResult(outcome: .interrupted)
    for (index, recipient) in recipients.enumerated() where index == 0 || result.outcome == .delivered {
      result = await sender.attempt(delivery(destination, recipient, at: time.now()), to: destination)
      if recipients.count > 1 { result.detail = "recipient \(index + 1) of \(recipients.count): \(result.detail)" }
    }
    let redactor = secrets.redactor
    return Verdict(
      isAccepted: result.outcome == .delivered, reason: result.outcome.reason, status: result.code,
      detail: redactor.redact(result.detail), answer: redactor.redact(result.output))
  }

  private func delivery(_ destination: DestinationSettings, _ recipient: String?, at now: Timestamp) -> ClaimedDelivery
  {
    let content = destination.kind.standardMessage(of: event.body, link: link, recipient: recipient) ?? .event
    return ClaimedDelivery(
      sequence: 1, id: "msg_" + RunEvent.digest([event.id, destination.name, recipient ?? ""]), eventID: event.id,
      runID: event.runID, rule: "send-test", action: "actions[0]", destination: .destination(destination.name),
      content: content, event: event.body, continuation: nil, isOnce: false, attempt: 1, createdAt: now, retryFrom: now,
      attemptsBefore: 0, claimedAt: nil, timeout: nil, retryFor: nil, defers: false)
  }
}

extension Outcome {
  fileprivate var reason: FailureReason? {
    switch self {
    case .retry(let reason, _), .rejected(let reason): reason
    case .delivered, .interrupted: nil
    }
  }
}
