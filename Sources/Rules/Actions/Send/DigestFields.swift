internal import JSONSource
package import Runs
package import TimeZones

/// When what is collected becomes a message.
package enum DigestEnd: Sendable, Equatable {
  /// So long after the first event. 1 s to 7 d.
  case after(Duration)
  /// When clocks of this zone next show this time of day.
  case at(TimeOfDay, ZoneRules)

  /// From the first event to the message. One that comes at that very moment waits for the next day's.
  package func wait(from time: Timestamp) -> Duration {
    switch self {
    case .after(let window): return window
    case .at(let timeOfDay, let zone):
      let today = zone.day(at: time).number
      // Yesterday's may still lie ahead where clocks were put back over midnight, and clocks can skip a day (Samoa, 2011).
      let ends = (today - 1...today + 2).map {
        zone.utc(CalendarDay(number: $0), hour: timeOfDay.hour, minute: timeOfDay.minute)
      }
      return (ends.first { $0 > time } ?? time) - time
    }
  }
}

/// How events are collected into one message.
struct Digest: Sendable, Equatable {
  var end: DigestEnd
  /// Paths into the event data: events that differ there become messages of their own.
  var by: [[String]] = []
  /// Events that the message can name; the others are counted. 1 to 1,000.
  var most = 50
}

/// `digest` of an action, as it is read.
struct DigestDraft: Sendable {
  var window: Duration?
  var at: TimeOfDay?
  /// Nil inside: it couldn't be read.
  var zone: ZoneRules? = .utc
  var by: [[String]] = []
  var most = 50
}

extension Shape where Target == DigestDraft {
  static let digest = Shape(
    says: "What happens within the window becomes one message.",
    fields: [
      Field(
        "window", .duration(.seconds(1)...(.seconds(7 * 86_400))), to: \.window, example: #""2m""#,
        "From the first event to the message, 1s to 7d. A digest has this or `at`."),
      Field(
        "at", .timeOfDay, to: \.at, example: #""09:00""#,
        "The time of day of the message, 00:00 to 23:59: it holds what came since the last one."),
      Field(
        "tz", .zone, to: \.zone, default: #""UTC""#, example: #""Asia/Singapore""#,
        "By whose clock `at` is meant, by its name in the IANA database."),
      Field(
        "by", .eventPaths, to: \.by, example: #"["phase"]"#,
        "Fields of the event: events that differ in them become messages of their own."),
      Field(
        "max", .integer(1...1_000), to: \.most, default: "50", example: "20",
        "Events that the message can name, 1 to 1000; the others are counted."),
    ],
    beside: [
      "oneOf": .list([.object(["required": .list([.text("window")])]), .object(["required": .list([.text("at")])])]),
      "dependentRequired": .object(["tz": .list([.text("at")])]),
    ])
}

extension FieldType where Value == [[String]] {
  /// Paths into the event data.
  static let eventPaths = FieldType.list(of: ["$ref": .text("#/$defs/filled")], read: path)

  private static func path(_ node: JSONNode, _ object: ObjectReader, _ context: FieldContext) -> [String]? {
    guard let text = object.text(node, path: "an entry of \(object.pathOf("by"))") else { return nil }
    let keys = DataPath.keys(text)
    let isDeep = keys.map { $0.first == EventFields.attributes && $0.count > 2 } ?? false
    if let keys, let first = keys.first, EventFields.all.contains(first), !isDeep { return keys }
    let first = String(text.prefix { $0 != "." && $0 != "[" })
    context.diagnostics.error(
      at: node.range, "no event has \(text.prefix(60).debugDescription)",
      hint: DataPath.spelling(of: text).map { "write \($0)" } ?? hint(for: first, among: EventFields.all))
    return nil
  }
}

extension FieldType where Value == Digest {
  static let digest = FieldType.object("digest", .digest, from: DigestDraft()) { draft, reader in
    draft.end(reader).map { Digest(end: $0, by: draft.by, most: draft.most) }
  }
}

extension DigestDraft {
  /// Nil, and reported, when it has no end, or two.
  fileprivate func end(_ reader: ObjectReader) -> DigestEnd? {
    let diagnostics = reader.diagnostics
    if reader["at"] == nil, let node = reader["tz"] {
      diagnostics.error(
        at: node.range, "\(reader.pathOf("tz")) says by whose clock \"at\" is meant, and there is none",
        hint: "add \"at\", such as \"09:00\", or remove it")
    }
    switch (reader["window"], reader["at"]) {
    case (nil, nil):
      if !diagnostics.isCut(reader.node) {
        diagnostics.error(
          at: reader.node.range, "\(reader.path) needs \"window\" or \"at\"",
          hint: "write \"window\": \"10m\", or \"at\": \"09:00\"")
      }
      return nil
    case (.some, .some(let node)):
      diagnostics.error(
        at: node.range, "\(reader.path) has both \"window\" and \"at\"", hint: "keep one of the two")
      return nil
    case (.some, nil): return window.map { .after($0) }
    case (nil, .some): return at.flatMap { at in zone.map { .at(at, $0) } }
    }
  }
}

extension Digest {
  /// What an event has at the paths of `by`: those that are alike are collected together.
  func key(of data: TemplateData) -> String {
    data.key(at: by)
  }
}
