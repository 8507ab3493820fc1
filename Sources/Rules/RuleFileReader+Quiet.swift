internal import JSONSource
internal import Runs
internal import TimeZones

/// When a destination isn't to be disturbed.
extension RuleFileReader {
  func quiet(_ node: JSONNode, path: String) -> QuietHours? {
    let known = ["from", "to", "tz", "except"]
    guard let reader = ObjectReader(node, path: path, known: known, diagnostics) else { return nil }
    // All of it is read before any of it is given up, so that every mistake is told.
    let (from, to) = (time("from", reader), time("to", reader))
    let zone = self.zone(reader)
    let except = reader.triggers("except")
    guard let from, let to else { return nil }
    if from == to {
      diagnostics.error(
        at: (reader["to"] ?? node).range, "\(path) ends when it begins",
        hint: "for no quiet time at all, remove \"quiet\"")
    }
    guard let zone, from != to else { return nil }
    return QuietHours(from: from, to: to, zone: zone, except: except)
  }

  private func time(_ key: String, _ reader: ObjectReader) -> TimeOfDay? {
    guard let node = reader.required(key), let text = reader.text(node, path: reader.pathOf(key)) else { return nil }
    if let time = TimeOfDay(notation: text) { return time }
    diagnostics.error(
      at: node.range, "\(reader.pathOf(key)) is no time of day: \(text.prefix(40).debugDescription)",
      hint: "write 00:00 to 23:59")
    return nil
  }

  private func zone(_ reader: ObjectReader) -> ZoneRules? {
    guard let node = reader["tz"] else { return .utc }
    guard let name = reader.text(node, path: reader.pathOf("tz")) else { return nil }
    do throws(ZoneError) {
      return try zones.zone(name)
    } catch {
      diagnostics.error(at: node.range, "\(reader.pathOf("tz")): \(error)", hint: zones.hint(for: error))
      return nil
    }
  }
}
