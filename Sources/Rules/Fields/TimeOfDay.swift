internal import JSONSource
internal import TimeZones

/// What a clock shows, 00:00 to 23:59.
package struct TimeOfDay: Sendable, Hashable, Comparable {
  package let hour: Int
  package let minute: Int

  /// Reads `07:00`. Nil for anything else.
  package init?(notation text: String) {
    guard let (_, hour, minute) = text.wholeMatch(of: /([01][0-9]|2[0-3]):([0-5][0-9])/)?.output,
      let hour = Int(hour), let minute = Int(minute)
    else { return nil }
    self.hour = hour
    self.minute = minute
  }

  package static func < (left: TimeOfDay, right: TimeOfDay) -> Bool {
    (left.hour, left.minute) < (right.hour, right.minute)
  }
}

extension FieldType where Value == TimeOfDay {
  /// `07:00`.
  static let timeOfDay = own(["$ref": .text("#/$defs/timeOfDay")]) { node, path, context in
    guard let text = context.text(node, path: path) else { return nil }
    if let time = TimeOfDay(notation: text) { return time }
    context.diagnostics.error(
      at: node.range, "\(path) is no time of day: \(text.prefix(40).debugDescription)", hint: "write 00:00 to 23:59")
    return nil
  }
}

extension FieldType where Value == ZoneRules? {
  /// A zone of the IANA database by its name; nil inside: it was reported. Where nothing is looked up any zone will do: a stored
  /// action has been waiting for its time already.
  static let zone = own([
    "type": .text("string"), "maxLength": .number(100), "pattern": .text("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"),
  ]) { node, path, context in
    guard let name = context.text(node, path: path) else { return .some(nil) }
    guard context.looksUp else { return .utc }
    do throws(ZoneError) {
      return try context.zones.zone(name)
    } catch {
      context.diagnostics.error(at: node.range, "\(path): \(error)", hint: context.zones.hint(for: error))
      return .some(nil)
    }
  }
}
