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
      Field("from", timeOfDay, to: \.from, isRequired: true, example: #""22:00""#, "When the quiet hours begin."),
      Field(
        "to", timeOfDay, to: \.to, isRequired: true, example: #""07:00""#,
        "When they end; earlier than `from` means on the next day."),
      Field(
        "tz", zone, to: \.zone, default: #""UTC""#, example: #""Asia/Singapore""#,
        "Whose clock is meant, by its name in the IANA database."),
      Field(
        "except", .triggers, to: \.except, example: #"["failed"]"#, "What is sent all the same."),
    ])

  private static let timeOfDay = FieldType<TimeOfDay>.own(["$ref": .text("#/$defs/timeOfDay")]) { node, path, context in
    guard let text = context.text(node, path: path) else { return nil }
    if let time = TimeOfDay(notation: text) { return time }
    context.diagnostics.error(
      at: node.range, "\(path) is no time of day: \(text.prefix(40).debugDescription)", hint: "write 00:00 to 23:59")
    return nil
  }

  private static let zone = FieldType<ZoneRules?>.own([
    "type": .text("string"), "maxLength": .number(100), "pattern": .text("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"),
  ]) { node, path, context in
    guard let name = context.text(node, path: path) else { return .some(nil) }
    do throws(ZoneError) {
      return try context.zones.zone(name)
    } catch {
      context.diagnostics.error(at: node.range, "\(path): \(error)", hint: context.zones.hint(for: error))
      return .some(nil)
    }
  }
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
