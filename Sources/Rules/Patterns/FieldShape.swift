internal import Storage

/// What kind of value stands at a place of the event data, as far as the API says (the vendor's SDK, models of a run).
indirect enum FieldShape: Sendable {
  case text
  case number
  /// Members named by the API. It may give more of them, but none with a dot in its name.
  case object([String: FieldShape])
  /// Members named by users, each of this shape.
  case map(FieldShape)
  /// Whatever it is.
  case anything

  /// Of the member of a value that has this shape; nil if the member is unknown.
  subscript(key: String) -> FieldShape? {
    switch self {
    case .object(let members): members[key]
    case .map(let shape): shape
    case .text, .number, .anything: nil
    }
  }

  /// In words for a message; nil: we can't tell.
  var kind: String? {
    switch self {
    case .text: "a string"
    case .number: "a number"
    case .object, .map: "an object"
    case .anything: nil
    }
  }
}

extension EventFields {
  /// The event data. A pattern looks through lists, so that a list has the shape of its elements.
  static let shape = FieldShape.object(
    Dictionary(values.map { ($0, numbers.contains($0) ? .number : .text) }) { first, _ in first }
      .merging([attributes: .map(.text), "run": run]) { first, _ in first })

  /// The same with what an action may see beside it.
  static func shape(with included: Set<IncludeCall.Part>) -> FieldShape {
    guard case .object(var members) = shape else { return shape }
    members[StepResults.steps] = .anything
    if included.contains(.metrics) { members["metrics"] = .anything }
    if included.contains(.logs) { members["logs"] = .text }
    return .object(members)
  }

  private static let run = FieldShape.object([
    "kind": .text, "workspaceId": .text, "runId": .text, "selfLink": .text, "etag": .text,
    "spec": .object(["flow": flow, "killedAt": .number, "trainingProject": .text]),
    "status": .object(["log": .text, "observedGeneration": .number, "conditions": condition]),
    "metadata": .object([
      "timeCreated": .number, "lastUpdated": .number, "generation": .number, "attributes": .map(.text),
    ]),
  ])

  private static let flow = FieldShape.object([
    "name": .text, "schema": .text, "trainingProject": .text, "tolerations": .anything, "settings": .anything,
    "blocks": .object(["block": .text, "settings": .anything, "style": .anything]),
  ])

  private static let condition = FieldShape.object([
    "condition": .text, "status": .text, "lastTransitionTime": .number, "reason": .text, "message": .text,
  ])
}
