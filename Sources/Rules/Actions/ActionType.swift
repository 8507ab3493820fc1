/// What an action does, by its word in the rules file.
package struct ActionType: Sendable {
  /// Every action, in the order of the reference. This is where one is registered.
  private static let registered: [any Action.Type] = [
    SendAction.self,
    RunAction.self,
    ShellAction.self,
    DownloadAction.self,
  ]

  static let all = registered.map(ActionType.init)
  static let verbs = all.map(\.verb)
  private static let byVerb = Dictionary(uniqueKeysWithValues: all.map { ($0.verb, $0) })

  let implementation: any Action.Type

  var verb: String { implementation.verb }
  /// What later steps can ask of it.
  var results: [String] { implementation.results }

  init(_ implementation: any Action.Type) {
    self.implementation = implementation
  }

  /// Nil for a word that names none.
  init?(verb: String) {
    guard let type = Self.byVerb[verb] else { return nil }
    self = type
  }
}

extension ActionType {
  /// The name of its definition in the schema.
  var definition: String { "action-\(verb)" }

  /// Of every action: which definition holds is said by the one verb that it has.
  static var schema: SchemaPiece {
    [
      "type": .text("object"),
      "oneOf": .list(all.map { .object(["required": .list([.text($0.verb)])]) }),
      "allOf": .list(
        all.map { type in
          .object([
            "if": .object(["required": .list([.text(type.verb)])]),
            "then": .object(["$ref": .text("#/$defs/\(type.definition)")]),
          ])
        }),
    ]
  }

  /// Of an action of this type, with what all actions have.
  var schema: SchemaPiece { implementation.schema }
  /// The rows of the reference: its own fields.
  package var reference: [String] { implementation.reference }
}

extension Action {
  fileprivate static var schema: SchemaPiece {
    var properties: SchemaPiece = [:]
    for field in fields { properties.add(field.key, .object(field.property)) }
    for field in Shape.action(maxTimeout).fields { properties.add(field.key, .object(field.property)) }
    let piece: SchemaPiece = [
      "type": .text("object"), "description": .text(says), "additionalProperties": .bool(false),
      "properties": .object(properties),
    ]
    return piece.with(beside)
  }

  fileprivate static var reference: [String] { Shape(says: says, fields: fields).reference(path: "") }
}
