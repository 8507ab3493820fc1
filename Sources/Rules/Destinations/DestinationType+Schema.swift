extension DestinationType {
  /// The name of its definition in the schema.
  var definition: String { "destination-\(rawValue)" }

  /// Of every destination: which definition holds is said by its type.
  static var schema: SchemaPiece {
    let types = all.map { SchemaPiece.Value.text($0.rawValue) }
    let says = all.map { "\($0.rawValue): \($0.implementation.says)" }.joined(separator: "\n")
    return [
      "type": .text("object"), "required": .list([.text("type")]),
      "properties": .object([
        "type": .object(["enum": .list(types), "description": .text(says), "examples": .list([.text("slack")])])
      ]),
      "allOf": .list(
        all.map { type in
          .object([
            "if": .object([
              "properties": .object(["type": .object(["const": .text(type.rawValue)])]),
              "required": .list([.text("type")]),
            ]),
            "then": .object(["$ref": .text("#/$defs/\(type.definition)")]),
          ])
        }),
    ]
  }

  /// Of a destination of this type, with what all destinations have.
  var schema: SchemaPiece { implementation.schema }
}

extension Destination {
  fileprivate static var schema: SchemaPiece {
    var properties: SchemaPiece = ["type": .object(["const": .text(type)])]
    for field in fields { properties.add(field.key, .object(field.property)) }
    for field in Shape.common.fields { properties.add(field.key, .object(field.property)) }
    let connection = Shape.connection(connection)
    for field in connection.fields { properties.add(field.key, .object(field.property)) }
    let required = ["type"] + fields.filter(\.isRequired).map(\.key)
    let piece: SchemaPiece = [
      "type": .text("object"), "description": .text(says), "required": .list(required.map { .text($0) }),
      "additionalProperties": .bool(false), "properties": .object(properties),
    ]
    return piece.with(connection.beside).with(beside)
  }
}
