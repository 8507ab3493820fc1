internal import Runs

extension Slack {
  static let standardMessages: [Trigger: BodyTemplate]? = Dictionary(
    uniqueKeysWithValues: Trigger.allCases.compactMap { trigger in
      slackMessage(trigger).map { (trigger, BodyTemplate.message($0)) }
    })

  private static func slackMessage(_ trigger: Trigger) -> TextTemplate? {
    switch trigger {
    case .phase(let phase): slackMessage(phase)
    case .disappeared:
      try? TextTemplate(
        """
        *{{#flow}}{{flow}}{{/flow}}{{^flow}}A run{{/flow}}* was deleted while it was {{previousPhase}}: {{runId}}
        """, markup: .slack)
    case .sourceUnreachable:
      try? TextTemplate(
        "*Runs can't be watched* since {{time(startedAt)}}: {{truncate1000(message)}}", markup: .slack)
    case .sourceRecovered:
      try? TextTemplate("*Runs are watched again*, after {{durationText}}", markup: .slack)
    case .destinationStopped:
      try? TextTemplate(
        "*Nothing is sent to {{destination}} for now*: {{truncate1000(message)}}", markup: .slack)
    }
  }

  static let standardDigest: BodyTemplate? = {
    let text = try? TextTemplate(
      """
      *{{count}} events*
      {{#events}}
      • *{{#flow}}{{flow}}{{/flow}}{{^flow}}{{runId}}{{/flow}}* {{phase}}{{#durationText}} after {{durationText}}{{/durationText}}\
      {{#message}}: {{truncate200(message)}}{{/message}}
      {{/events}}
      {{#more}}
      … and {{more}} more
      {{/more}}
      """, markup: .slack, scope: .digest(by: []))
    return text.map { BodyTemplate.message($0) }
  }()

  /// What, how long, why, link.
  private static func slackMessage(_ phase: Phase) -> TextTemplate? {
    let lasted = phase.isTerminal ? "{{#durationText}} after {{durationText}}{{/durationText}}" : ""
    return try? TextTemplate(
      """
      *{{#flow}}{{flow}}{{/flow}}{{^flow}}A run{{/flow}}* \(phase.verb)\(lasted)\
      {{#message}}: {{truncate1000(message)}}{{/message}}{{#reason}} ({{truncate200(reason)}}){{/reason}}
      <https://vi.datature.com/org/{{organization}}|{{runId}}>
      """, markup: .slack)
  }
}

extension Phase {
  /// What a run in this phase has done: "the run …".
  fileprivate var verb: String {
    switch self {
    case .pending: "is waiting to start"
    case .running: "is running"
    case .succeeded: "succeeded"
    case .failed: "failed"
    case .error: "ended with an error"
    case .cancelled: "was cancelled"
    }
  }
}
