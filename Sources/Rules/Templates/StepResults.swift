internal import JSONSource
internal import Runs

/// How one step ended, as later steps see it.
package struct StepResult: Sendable, Equatable {
  /// Of a download: the run's folder.
  package var path: String?
  /// Of a hook.
  package var exitCode: Int?
  /// Of a hook: what it wrote, without the line feed at its end.
  package var stdout: String?
  /// Of what was fetched for a message: `{"metrics": {…}, "metricsText": "…", "logs": "…"}`, each where it could be had.
  package var included: [UInt8]?

  package init(path: String? = nil, exitCode: Int? = nil, stdout: String? = nil, included: [UInt8]? = nil) {
    self.path = path
    self.included = included
    self.exitCode = exitCode
    self.stdout = stdout
  }
}

/// What the steps before an action have left for it.
struct StepResults: Sendable {
  static let steps = "steps"
  static let error = "error"
  static let none = StepResults()
  private static let included = "included"
  private static let suppressed = "suppressed"

  /// By id, each a JSON object.
  private var members: [(id: String, json: [UInt8])] = []
  /// Why the nearest of them that failed has failed.
  private var error: String?
  /// What was fetched for the action or for a step before it, as ``StepResult/included`` has it; nil: nothing was asked for yet.
  private var included: [UInt8]?
  /// Events that the rule has held back before this chain.
  private(set) var suppressed = 0

  private init() {}

  var hasIncluded: Bool { included != nil }

  /// From what ``write(into:)`` wrote.
  init(_ document: JSONDocument) {
    members = (document.root[Self.steps]?.members ?? []).map { ($0.key, Array(document.raw($0.value))) }
    error = document.root[Self.error]?.string
    included = document.root[Self.included].map { Array(document.raw($0)) }
    suppressed = document.root[Self.suppressed]?.integer.flatMap { Int(exactly: $0) } ?? 0
  }

  /// As members of an object.
  func write(into json: inout JSONWriter) {
    json.member(Self.steps) { json in
      json.object { json in for member in members { json.member(member.id, raw: member.json) } }
    }
    if let error { json.member(Self.error, error) }
    if let included { json.member(Self.included, raw: included) }
    if suppressed > 0 { json.member(Self.suppressed, suppressed) }
  }

  /// For templates: what was fetched stands beside the event data.
  func writeIncluded(into json: inout JSONWriter) {
    guard let included, let document = try? JSONDocument(parsing: included) else { return }
    for member in document.root.members ?? [] { json.member(member.key, raw: document.raw(member.value)) }
  }

  /// - Parameter fetched: nil: nothing could be had.
  func including(_ fetched: [UInt8]?) -> StepResults {
    var results = self
    results.included = fetched ?? Array("{}".utf8)
    return results
  }

  /// For the steps of a chain that begins after so many events were held back.
  static func after(suppressed count: Int) -> StepResults {
    var results = StepResults.none
    results.suppressed = count
    return results
  }

  /// What `test` shows of what has not been fetched: its tags.
  static let supposedInclusion = Array(#"{"metricsText": "{{metricsText}}", "logs": "{{logs}}"}"#.utf8)

  /// - Parameter error: why it has failed for good; nil: it was delivered.
  func adding(_ label: String, _ result: StepResult, error: String?) -> StepResults {
    var results = self
    results.error = error ?? self.error
    guard Self.isID(label) else { return results }
    let json = JSONWriter.object { json in
      json.member("status", error == nil ? "delivered" : "dead")
      if let path = result.path { json.member("path", path) }
      if let exitCode = result.exitCode { json.member("exitCode", exitCode) }
      if let stdout = result.stdout { json.member("stdout", stdout) }
    }
    results.members = members.filter { $0.id != label } + [(label, json)]
    return results
  }

  /// What `test` shows of a step that has not been made: its tags.
  func supposing(_ label: String, _ names: [String], hasFailed: Bool) -> StepResults {
    var results = self
    if hasFailed { results.error = "{{error}}" }
    guard Self.isID(label) else { return results }
    let json = JSONWriter.object { json in
      for name in names { json.member(name, "{{steps.\(label).\(name)}}") }
    }
    results.members = members.filter { $0.id != label } + [(label, json)]
    return results
  }

  /// For hooks: `VI_STEP_MODEL_PATH`, `VI_STEP_CHECK_EXIT_CODE`, …, and `VI_ERROR`.
  var variables: [(name: String, value: String)] {
    let names = [("status", "STATUS"), ("path", "PATH"), ("exitCode", "EXIT_CODE"), ("stdout", "STDOUT")]
    var found: [(name: String, value: String)] = members.flatMap { id, json in
      let step = try? JSONDocument(parsing: json).root
      return names.compactMap { key, suffix in
        (step?[key]?.string ?? step?[key]?.number).map { ("\(Self.variable(id))_\(suffix)", $0) }
      }
    }
    if let error { found.append(("VI_ERROR", error)) }
    let fetched = included.flatMap { try? JSONDocument(parsing: $0) }
    if let logs = fetched?.root["logs"]?.string { found.append(("VI_LOGS", logs)) }
    if let fetched, let metrics = fetched.root["metrics"] {
      found.append(("VI_METRICS", String(decoding: fetched.raw(metrics), as: UTF8.self)))
    }
    return found
  }

  /// Whether a label is an `id`, and so a name under which later steps find what this one leaves. Any other is a place.
  static func isID(_ label: String) -> Bool { Run.isValid(id: label) }

  /// The beginning of the variables of a step: `VI_STEP_MY_MODEL` for `my-model`.
  static func variable(_ id: String) -> String {
    "VI_STEP_" + id.uppercased().replacing("-", with: "_")
  }
}
