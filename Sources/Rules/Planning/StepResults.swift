internal import JSONSource

/// How one step ended, as later steps see it.
package struct StepResult: Sendable, Equatable {
  /// Of a download: the run's folder.
  package var path: String?
  /// Of a hook.
  package var exitCode: Int?
  /// Of a hook: what it wrote, without the line feed at its end.
  package var stdout: String?

  package init(path: String? = nil, exitCode: Int? = nil, stdout: String? = nil) {
    self.path = path
    self.exitCode = exitCode
    self.stdout = stdout
  }
}

/// What the steps before an action have left for it.
struct StepResults: Sendable {
  static let steps = "steps"
  static let error = "error"
  static let none = StepResults(members: [], error: nil)

  /// By id, each a JSON object.
  private let members: [(id: String, json: [UInt8])]
  /// Why the nearest of them that failed has failed.
  private let error: String?

  private init(members: [(id: String, json: [UInt8])], error: String?) {
    self.members = members
    self.error = error
  }

  /// From what ``write(into:)`` wrote.
  init(_ document: JSONDocument) {
    members = (document.root[Self.steps]?.members ?? []).map { ($0.key, Array(document.raw($0.value))) }
    error = document.root[Self.error]?.string
  }

  /// As members of an object.
  func write(into json: inout JSONWriter) {
    json.member(Self.steps) { json in
      json.object { json in for member in members { json.member(member.id, raw: member.json) } }
    }
    if let error { json.member(Self.error, error) }
  }

  /// - Parameter error: why it has failed for good; nil: it was delivered.
  func adding(_ label: String, _ result: StepResult, error: String?) -> StepResults {
    guard ActionSettings.isID(label) else { return StepResults(members: members, error: error ?? self.error) }
    let json = JSONWriter.object { json in
      json.member("status", error == nil ? "delivered" : "dead")
      if let path = result.path { json.member("path", path) }
      if let exitCode = result.exitCode { json.member("exitCode", exitCode) }
      if let stdout = result.stdout { json.member("stdout", stdout) }
    }
    return StepResults(members: members.filter { $0.id != label } + [(label, json)], error: error ?? self.error)
  }

  /// What `test` shows of a step that has not been made: its tags.
  func supposing(_ label: String, _ names: [String], hasFailed: Bool) -> StepResults {
    let error = hasFailed ? "{{error}}" : self.error
    guard ActionSettings.isID(label) else { return StepResults(members: members, error: error) }
    let json = JSONWriter.object { json in
      for name in names { json.member(name, "{{steps.\(label).\(name)}}") }
    }
    return StepResults(members: members.filter { $0.id != label } + [(label, json)], error: error)
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
    return found
  }

  /// The beginning of the variables of a step: `VI_STEP_MY_MODEL` for `my-model`.
  static func variable(_ id: String) -> String {
    "VI_STEP_" + id.uppercased().replacing("-", with: "_")
  }
}
