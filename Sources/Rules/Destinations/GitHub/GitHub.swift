internal import JSONSource
internal import Secrets

/// GitHub Actions: `repository_dispatch`, or `workflow_dispatch` of one workflow.
struct GitHub: Destination {
  static let type = "github"
  static let says = "GitHub Actions: starts the workflows of a repository."

  var repository = ""
  var token = ReferenceText.nowhere
  var event = "vi-run"
  var workflow: String?
  var ref: String?
  var endpoint: ReferenceText?

  init() {}

  static let fields: [Field<GitHub>] = [
    Field(
      "repository", .filled, to: \.repository, isRequired: true, example: #""example/models""#, "`owner/name`."),
    Field(
      "token", .secret, to: \.token, isRequired: true, example: #""${env:GITHUB_TOKEN}""#,
      "A token that may write contents (`repository_dispatch`) or actions (`workflow_dispatch`)."),
    Field(
      "event", .filled, to: \.event, default: #""vi-run""#, example: #""model-ready""#,
      "`event_type` of the `repository_dispatch`, at most 100 characters."),
    Field(
      "workflow", .filled, to: \.workflow, example: #""promote.yml""#,
      "File of the one workflow to start by `workflow_dispatch`. Needs `ref`."),
    Field("ref", .filled, to: \.ref, example: #""main""#, "Branch or tag on which the workflow runs."),
    Field(
      "endpoint", .url(as: .endpoint), to: \.endpoint, default: #""https://api.github.com""#,
      example: #""https://github.example.com/api/v3""#, "GitHub Enterprise Server's API."),
  ]

  static let beside: SchemaPiece = [
    "dependentSchemas": .json(
      #"{"workflow": {"required": ["ref"], "not": {"required": ["event"]}}, "ref": {"required": ["workflow"]}}"#)
  ]

  var address: (field: String, url: ReferenceText)? { endpoint.map { ("endpoint", $0) } }
  static let hosts = ["api.github.com"]

  func check(_ object: ObjectReader, _ context: FieldContext) {
    let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
    if let node = object["repository"], !repository.isEmpty, parts.count != 2 || parts.contains(where: \.isEmpty) {
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("repository")) is no repository: \(repository.prefix(60).debugDescription)",
        hint: "write owner/name")
    }
    if let node = object["event"], event.unicodeScalars.count > 100 {
      context.diagnostics.error(at: node.range, "\(object.pathOf("event")) has more than 100 characters")
    }
    for (written, missing) in [("workflow", "ref"), ("ref", "workflow")] {
      if let node = object[written], object[missing] == nil {
        context.diagnostics.error(at: node.range, "\(object.pathOf(written)) needs \"\(missing)\" beside it")
      }
    }
    if let node = object["event"], object["workflow"] != nil {
      context.diagnostics.error(
        at: node.range, "\(object.pathOf("event")) is for repository_dispatch, and \"workflow\" asks for another",
        hint: "keep one of the two")
    }
  }

  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker {
    let endpoint = try endpoint.map { try secrets.text($0, as: .endpoint) } ?? "https://api.github.com"
    let token = try secrets.text(token, as: .credential)
    let path = repository.split(separator: "/").map { String($0).percentEncoded }.joined(separator: "/")
    let base = endpoint.withPath("/repos/\(path)")
    let url = workflow.map { "\(base)/actions/workflows/\($0.percentEncoded)/dispatches" } ?? "\(base)/dispatches"
    return { message in
      var request = OutgoingRequest(url, body: workflow == nil ? dispatch(message) : start(message))
      request.headers = [
        ("Authorization", "Bearer \(token)"), ("Accept", "application/vnd.github+json"),
        ("X-GitHub-Api-Version", "2022-11-28"),
      ]
      return .http(request)
    }
  }

  /// Of the event, what has room in ten members and 64 kB: its data without the run's document.
  private static func payload(_ event: [UInt8]) -> [UInt8] {
    guard let document = try? JSONDocument(parsing: event), let data = document.root["data"]?.members else {
      return event
    }
    return JSONWriter.object { json in
      json.member("event") { json in
        json.object { json in
          for member in data where member.key != "run" { json.member(member.key, raw: document.raw(member.value)) }
        }
      }
    }
  }

  private func dispatch(_ message: OutgoingMessage) -> [UInt8] {
    JSONWriter.object { json in
      json.member("event_type", event)
      json.member("client_payload", raw: message.body ?? Self.payload(message.event))
    }
  }

  /// Inputs are texts.
  private func start(_ message: OutgoingMessage) -> [UInt8] {
    let document = try? JSONDocument(parsing: message.body ?? message.event)
    let data = message.body == nil ? document?.root["data"] : document?.root
    let known = ["runId", "phase", "flow", "trainingProject", "reason", "durationSeconds", "endedAt"]
    return JSONWriter.object { json in
      json.member("ref", ref ?? "")
      json.member("inputs") { json in
        json.object { json in
          for member in data?.members ?? [] where message.body != nil || known.contains(member.key) {
            if let text = member.value.string ?? member.value.number { json.member(member.key, text) }
          }
        }
      }
    }
  }

  func identity(_ secrets: SecretSource) -> [String] {
    [
      endpoint?.identity(secrets, as: .endpoint) ?? "", repository, workflow ?? "",
      token.identity(secrets, as: .credential),
    ]
  }

  /// docs.github.com, "Create a repository dispatch event". A 403 may be a rate limit.
  static let answers = AnswerTable(
    [
      .init(statuses: [403...403, 429...429], body: .phrase(["rate limit"]), meaning: .repeatedLater(.rateLimited)),
      .init(statuses: [401...401], meaning: .final(.unauthorized)),
    ], otherwise: .webhook, named: "webhook", says: ["message"])
}
