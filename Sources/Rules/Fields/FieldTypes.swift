internal import JSONSource
internal import Runs
internal import Secrets

extension FieldType where Value == Duration {
  /// `500ms`, `30s`, `2h30m`, within a range.
  static func duration(_ range: ClosedRange<Duration>) -> FieldType {
    FieldType(schema: ["$ref": .text("#/$defs/duration")]) { object, key, _ in object.duration(key, in: range) }
  }
}

extension FieldType where Value == Bool {
  static let bool = FieldType(schema: ["type": .text("boolean")]) { object, key, _ in object.bool(key) }
}

extension FieldType where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> FieldType {
    FieldType(
      schema: [
        "type": .text("integer"), "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
      ]
    ) { object, key, _ in object.integer(key, in: Int64(range.lowerBound)...Int64(range.upperBound)).map { Int($0) } }
  }
}

extension FieldType where Value == String {
  /// A string that isn't empty.
  static let filled = FieldType(schema: ["$ref": .text("#/$defs/filled")]) { object, key, _ in object.string(key) }
}

extension FieldType where Value == ReferenceText {
  /// A text that may refer to a secret or a variable, which must be there.
  ///
  /// - Parameter secrecy: how much of it is a secret.
  static func reference(as secrecy: SecretField) -> FieldType {
    FieldType(schema: ["$ref": .text("#/$defs/filled")]) { object, key, context in
      object[key].flatMap { context.reference($0, path: object.pathOf(key), as: secrecy) }
    }
  }

  /// A path that may hold references. Whether the file is there is found out when it is used: it may be written anew meanwhile.
  static let path = reference(as: .plain)
}

extension FieldType {
  /// One of a closed set of words.
  static func word(_ name: String) -> FieldType where Value: RawRepresentable<String> & CaseIterable & Sendable {
    let words = Value.allCases.map(\.rawValue)
    return FieldType(schema: ["enum": .list(words.map { .text($0) })]) { object, key, context in
      guard let text = object.string(key), let node = object[key] else { return nil }
      if let value = Value(rawValue: text) { return value }
      context.diagnostics.error(
        at: node.range, "unknown \(name) \(text.prefix(40).debugDescription)", hint: hint(for: text, among: words))
      return nil
    }
  }

  /// A value that only its own code can read.
  ///
  /// - Parameters:
  ///   - schema: its definition, or a reference to one.
  ///   - read: gets the node and its path; nil when it is no such value, which has then been reported.
  static func own(
    _ schema: SchemaPiece, read: @escaping @Sendable (JSONNode, _ path: String, FieldContext) -> Value?
  ) -> FieldType {
    FieldType(schema: schema) { object, key, context in
      object[key].flatMap { read($0, object.pathOf(key), context) }
    }
  }

  /// A list that isn't empty.
  static func list<Element: Sendable>(
    of schema: SchemaPiece, read: @escaping @Sendable (JSONNode, ObjectReader, FieldContext) -> Element?
  ) -> FieldType where Value == [Element] {
    FieldType(schema: ["type": .text("array"), "minItems": .number(1), "items": .object(schema)]) {
      object, key, context in object.elements(key).compactMap { read($0, object, context) }
    }
  }

  /// An object of its own.
  ///
  /// - Parameters:
  ///   - definition: its name in the schema.
  ///   - finish: makes the value of what was read; nil when something needed is missing, which has then been reported.
  static func object<Draft: Sendable>(
    _ definition: String, _ shape: Shape<Draft>, from draft: Draft,
    finish: @escaping @Sendable (Draft, ObjectReader) -> Value?
  ) -> FieldType {
    FieldType(schema: ["$ref": .text("#/$defs/\(definition)")]) { object, key, context in
      guard let node = object[key] else { return nil }
      var draft = draft
      guard let reader = shape.read(node, path: object.pathOf(key), context, into: &draft) else { return nil }
      return finish(draft, reader)
    }
  }
}
