internal import JSONSource
internal import Runs
internal import Secrets

/// `watch`, as it is read. The pattern comes last: what it may ask for depends on the runs that are watched.
struct WatchDraft: Sendable {
  var settings = WatchSettings()
  var match: JSONNode?
}

extension Shape where Target == WatchDraft {
  static let watch = Shape(
    says: "Which runs are watched, and how often the API is asked.",
    fields: [
      Field(
        "runs", .list(of: ["$ref": .text("#/$defs/name")], read: runID), to: \.settings.runs,
        example: #"["run_abc123"]"#, "Watch only the runs with these ids. Without it, every run of the organization."),
      Field(
        "match", .own(["$ref": .text("#/$defs/pattern")]) { node, _, _ in node }, to: \.match,
        example: #"{"flow": [{"prefix": "prod-"}]}"#, "Watch only runs that match this event pattern."),
      Field(
        "interval", .duration(.milliseconds(100)...(.seconds(86_400))), to: \.settings.interval, default: #""30s""#,
        example: #""1m""#, "Average time between two sweeps, 100ms to 1d."),
      Field(
        "adaptive", .bool, to: \.settings.isAdaptive, default: "true", example: "false",
        "Sweep when an end is likely, with `interval` as the average; false keeps a fixed pace."),
      Field(
        "since", .own(Self.sinceSchema, read: since), to: \.settings.since, default: #""now""#, example: #""2h""#,
        "Which ended runs count on the first start: now, all, a duration, or a time."),
      Field(
        "fullSweep", .duration(.seconds(1)...(.seconds(86_400))), to: \.settings.fullSweep, default: #""15m""#,
        example: #""1h""#, "Time between two readings of the whole list, 1s to 1d."),
      Field(
        "unreachableAfter", .duration(.seconds(1)...(.seconds(30 * 86_400))), to: \.settings.unreachableAfter,
        default: #""5m""#, example: #""15m""#, "Time without a whole sweep before `sourceUnreachable` fires, 1s to 30d."
      ),
      Field(
        "heartbeat", .own(["$ref": .text("#/$defs/url")], read: heartbeat), to: \.settings.heartbeat,
        example: #""https://hc.example/ping/5f2b9c0e""#,
        "A URL that is asked after each whole sweep, and with /fail behind its path once the source is out of reach."),
    ])

  private static let sinceSchema: SchemaPiece = [
    "anyOf": .list([
      .object(["enum": .list([.text("now"), .text("all")])]), .object(["$ref": .text("#/$defs/duration")]),
      .object([
        "type": .text("string"),
        "pattern": .text(
          #"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"#),
      ]),
    ])
  ]

  private static func since(_ node: JSONNode, _ path: String, _ context: FieldContext) -> Since? {
    guard let text = context.text(node, path: path) else { return nil }
    if let since = Since(notation: text) { return since }
    context.diagnostics.error(
      at: node.range, "\(path) can't be read: \(text.prefix(40).debugDescription)",
      hint: "write now, all, a duration such as 2h, or a time such as 2026-11-23T09:46:00Z")
    return nil
  }

  private static func heartbeat(_ node: JSONNode, _ path: String, _ context: FieldContext) -> ReferenceText? {
    context.url(node, path: path, as: .chatURL)
  }

  private static func runID(_ node: JSONNode, _ object: ObjectReader, _ context: FieldContext) -> String? {
    guard let id = object.text(node, path: "an entry of \(object.pathOf("runs"))") else { return nil }
    guard Run.isValid(id: id) else {
      context.diagnostics.error(
        at: node.range, "\(id.prefix(60).debugDescription) is no run id", hint: "ids hold letters, digits, _ and -")
      return nil
    }
    return id
  }
}
