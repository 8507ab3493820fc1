internal import Runs

/// Our own words about one kind of event, in no service's notation: what ended, how long it took, how that compares, why, what
/// the model is worth or what the log said last, and where to look. A type of destination lays them out.
///
/// All texts are templates over the event data and what is computed from it (``ComputedFields``).
struct StandardMessage: Sendable {
  enum Mood: Sendable {
    case good, bad, warning, neutral

    var number: Int { Int(color.dropFirst(), radix: 16) ?? 0 }

    /// `#rrggbb`.
    var color: String {
      switch self {
      case .good: "#2da44e"
      case .bad: "#cf222e"
      case .warning: "#bf8700"
      case .neutral: "#6e7781"
      }
    }
  }

  /// A line of a table. It is left out where the data has nothing at `path`.
  struct Fact: Sendable {
    let name: String
    let value: String
    let path: String
  }

  let mood: Mood
  /// One emoji.
  let symbol: String
  /// Who or what it is about, in bold where a service has that.
  let subject: String
  /// What happened to it: begins with a space or a punctuation mark.
  let predicate: String
  /// What the API said of it; nil: it says nothing.
  let detail: String?
  /// Lines below, such as the events of a digest.
  let lines: (@Sendable (Notation) -> String)?
  var isDigest: Bool { lines != nil }

  /// It is about a run: it has facts, a log and a link.
  let isOfRun: Bool

  /// The whole first line without any notation, for titles and subjects.
  var title: String { "\(symbol) \(subject)\(predicate)" }

  /// As ``title``, without the emoji: for services where a symbol of its own stands beside it.
  var plainTitle: String { "\(subject)\(predicate)" }

  var facts: [Fact] {
    guard isOfRun else { return [] }
    return [
      Fact(name: "Reason", value: "{{truncate200(reason)}}", path: "reason"),
      Fact(name: "Project", value: "{{truncate200(trainingProject)}}", path: "trainingProject"),
      Fact(name: "Metrics", value: "{{truncate1000(metricsText)}}", path: "metricsText"),
      Fact(name: "Model", value: "{{truncate1000(modelPath)}}", path: "modelPath"),
      Fact(name: "Held back before", value: "{{suppressed}}", path: "suppressed"),
      Fact(name: "Run", value: "{{runId}}", path: "runId"),
    ]
  }

  /// All of it as one text.
  func text(_ notation: Notation) -> String {
    var text = "\(notation.bold(subject))\(predicate)"
    if let detail { text += "{{#message}}: \(detail){{/message}}" }
    if let lines { text += "\n\(lines(notation))" }
    guard isOfRun else { return text }
    text += "{{#reason}} ({{truncate200(reason)}}){{/reason}}"
    text += "{{#suppressed}}\nHeld back before: {{suppressed}}{{/suppressed}}"
    text += "{{#metricsText}}\n{{truncate1000(metricsText)}}{{/metricsText}}"
    text += "{{#modelPath}}\nModel: {{truncate1000(modelPath)}}{{/modelPath}}"
    text += "{{#logs}}\n\(notation.code("{{truncate2000(logs)}}")){{/logs}}\n"
    return text + notation.link("{{runId}}")
  }

  /// What stands below the title of a push message, where there is little room and no notation.
  var push: String {
    guard isOfRun else { return isDigest || detail != nil ? details(.plain) : plainTitle }
    return
      "{{#message}}{{truncate300(message)}}\n{{/message}}{{#metricsText}}{{truncate200(metricsText)}}\n{{/metricsText}}"
      + "{{#logs}}{{truncate300(logs)}}\n{{/logs}}{{runId}}"
  }

  /// What stands below a title: what the API said, the events of a digest, the last lines of the log.
  func details(_ notation: Notation) -> String {
    if let lines { return lines(notation) }
    let said = detail.map { "{{#message}}\($0){{/message}}" } ?? ""
    guard isOfRun else { return said }
    return "\(said){{#logs}}\n\(notation.code("{{truncate2000(logs)}}")){{/logs}}"
  }
}

/// How a service writes what stands out. Each takes a template and returns one.
struct Notation: Sendable {
  var bold: @Sendable (String) -> String = { $0 }
  /// Words that lead to the run.
  var link: @Sendable (String) -> String = { _ in "{{&runUrl}}" }
  /// A block of lines that stay as they are.
  var code: @Sendable (String) -> String = { $0 }

  static let plain = Notation()
  static let markdown = Notation(
    bold: { "**\($0)**" }, link: { "[\($0)]({{&runUrl}})" }, code: { "```\n\($0)\n```" })
  static let html = Notation(
    bold: { "<b>\($0)</b>" }, link: { "<a href=\"{{runUrl}}\">\($0)</a>" }, code: { "<pre>\($0)</pre>" })
}

extension StandardMessage {
  private static let flow = "{{#flow}}{{truncate100(flow)}}{{/flow}}{{^flow}}A run{{/flow}}"
  private static let said = "{{truncate1000(message)}}"

  init(_ trigger: Trigger) {
    switch trigger {
    case .phase(let phase):
      let lasted =
        "{{#durationText}} after {{durationText}}{{/durationText}}{{#comparison}}, {{comparison}}{{/comparison}}"
      self.init(
        mood: phase.mood, symbol: phase.symbol, subject: Self.flow,
        predicate: " \(phase.verb)\(phase.isTerminal ? lasted : "")", detail: Self.said, lines: nil, isOfRun: true)
    case .disappeared:
      self.init(
        mood: .warning, symbol: "🗑️", subject: Self.flow,
        predicate: " was deleted while it was {{previousPhase}}: {{runId}}", detail: nil, lines: nil, isOfRun: false)
    case .sourceUnreachable:
      self.init(
        mood: .bad, symbol: "📡", subject: "Runs can't be watched", predicate: " since {{time(startedAt)}}",
        detail: Self.said, lines: nil, isOfRun: false)
    case .sourceRecovered:
      self.init(
        mood: .good, symbol: "📡", subject: "Runs are watched again", predicate: ", after {{durationText}}", detail: nil,
        lines: nil, isOfRun: false)
    case .destinationStopped:
      self.init(
        mood: .bad, symbol: "🚫", subject: "Nothing is sent to {{destination}} for now", predicate: "",
        detail: Self.said, lines: nil, isOfRun: false)
    }
  }

  /// Several events in one message.
  static let digest = StandardMessage(
    mood: .neutral, symbol: "🗂️", subject: "{{count}} events", predicate: "", detail: nil,
    lines: { notation in
      """
      {{#events}}
      • \(notation.bold("{{#flow}}{{truncate100(flow)}}{{/flow}}{{^flow}}{{runId}}{{/flow}}")) {{phase}}\
      {{#durationText}} after {{durationText}}{{/durationText}}{{#message}}: {{truncate200(message)}}{{/message}}
      {{/events}}
      {{#more}}
      … and {{more}} more
      {{/more}}
      """
    }, isOfRun: false)
}

extension Phase {
  fileprivate var mood: StandardMessage.Mood {
    switch self {
    case .succeeded: .good
    case .failed, .error: .bad
    case .cancelled: .warning
    case .pending, .running: .neutral
    }
  }

  fileprivate var symbol: String {
    switch self {
    case .pending: "⏳"
    case .running: "▶️"
    case .succeeded: "✅"
    case .failed, .error: "❌"
    case .cancelled: "⏹️"
    }
  }

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
