/// The members of the event data (contract, "The event"): what patterns can match and templates can name.
enum EventFields {
  /// Text, number or null.
  static let values = [
    "runId", "phase", "previousPhase", "flow", "trainingProject", "condition", "reason", "message", "createdAt",
    "startedAt",
    "endedAt", "durationSeconds", "durationText", "usualDurationSeconds", "organization", "destination",
  ]
  /// Those of them that are numbers.
  static let numbers = ["durationSeconds", "usualDurationSeconds"]
  /// What stands inside them is up to the user and the API.
  static let objects = [attributes, "run"]
  /// The one of them whose members are texts.
  static let attributes = "attributes"

  static let all = values + objects
}
