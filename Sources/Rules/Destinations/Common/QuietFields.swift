internal import JSONSource
internal import TimeZones

/// `quiet` of a destination, as it is read.
struct QuietDraft: Sendable {
  var from: TimeOfDay?
  var to: TimeOfDay?
  /// Nil: it couldn't be read.
  var zone: ZoneRules? = .utc
  var except: Set<Trigger> = []
}

extension Shape where Target == QuietDraft {
  static let quiet = Shape(
    says: "Hours in which the destination isn't to be disturbed; what would be sent waits for their end.",
    fields: [
      Field("from", .timeOfDay, to: \.from, isRequired: true, example: #""22:00""#, "When the quiet hours begin."),
      Field(
        "to", .timeOfDay, to: \.to, isRequired: true, example: #""07:00""#,
        "When they end; earlier than `from` means on the next day."),
      Field(
        "tz", .zone, to: \.zone, default: #""UTC""#, example: #""Asia/Singapore""#,
        "Whose clock is meant, by its name in the IANA database."),
      Field(
        "except", .triggers, to: \.except, example: #"["failed"]"#, "What is sent all the same."),
    ])
}

extension FieldType where Value == Set<Trigger> {
  /// Words for what happens: one, or a list.
  static let triggers = FieldType(schema: ["$ref": .text("#/$defs/triggers")]) { object, key, _ in object.triggers(key)
  }
}

extension FieldType where Value == QuietHours {
  static let quiet = FieldType.object("quiet", .quiet, from: QuietDraft()) { draft, reader in
    guard let from = draft.from, let to = draft.to else { return nil }
    if from == to {
      reader.diagnostics.error(
        at: (reader["to"] ?? reader.node).range, "\(reader.path) ends when it begins",
        hint: "for no quiet time at all, remove \"quiet\"")
    }
    guard let zone = draft.zone, from != to else { return nil }
    return QuietHours(from: from, to: to, zone: zone, except: draft.except)
  }
}
