extension Field {
  /// Its entry among the properties of its object: what the value may be, and what people want to know about it.
  var property: SchemaPiece {
    var piece = schema
    piece.add("description", .text(says))
    if let standard { piece.add("default", .json(standard)) }
    piece.add("examples", .list([.json(example)]))
    return piece
  }
}

extension Shape {
  /// The definition of the object.
  var schema: SchemaPiece {
    var piece: SchemaPiece = ["type": .text("object")]
    if !says.isEmpty { piece.add("description", .text(says)) }
    let required = fields.filter(\.isRequired).map { SchemaPiece.Value.text($0.key) }
    if !required.isEmpty { piece.add("required", .list(required)) }
    piece.add("additionalProperties", .bool(false))
    var properties: SchemaPiece = [:]
    for field in fields { properties.add(field.key, .object(field.property)) }
    piece.add("properties", .object(properties))
    return piece.with(beside)
  }

  /// The rows of README's table: field, default, meaning.
  ///
  /// - Parameter path: what stands before each key: `watch.`
  func reference(path: String) -> [String] {
    fields.map { field in
      let standard = field.standard.map { "`\($0)`" } ?? (field.isRequired ? "required" : "")
      return "| `\(path)\(field.key)` | \(standard) | \(field.says) Example: `\(field.example)` |"
    }
  }
}
