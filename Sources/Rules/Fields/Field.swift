internal import JSONSource

/// The rules language as data. One ``Field`` says everything about one member of one object of a rules file: its key, its type
/// with its range, what holds without it, an example, and a sentence for people. Reader, checker, JSON Schema and the README's
/// table are made of the same fields, so that none of them can know a field that the others don't.
///
/// Flows in: the JSON tree of a rules file. Flows out: settings, diagnostics, schema, reference. What one field can't decide
/// alone (two fields that contradict each other, a name that must exist elsewhere) is the business of whoever reads the object.
///
/// To add a field, add one entry to a ``Shape`` in `Settings`, and the property that it is read into.
struct Field<Target>: Sendable {
  let key: String
  let isRequired: Bool
  /// What holds without it, as JSON; nil: nothing, or what the sentence says.
  let standard: String?
  /// JSON.
  let example: String
  /// One sentence: what it means, and its range.
  let says: String
  /// What the schema says of its value alone.
  let schema: SchemaPiece
  /// Reads it, if it is there, into the target; reports what is wrong with it. False: it is required, and wasn't read.
  let read: @Sendable (ObjectReader, FieldContext, inout Target) -> Bool

  /// - Parameter path: where the value goes. Without one in the file it is left as it is.
  init<Value>(
    _ key: String, _ type: FieldType<Value>, to path: any WritableKeyPath<Target, Value> & Sendable,
    isRequired: Bool = false, default standard: String? = nil, example: String, _ says: String
  ) {
    self.init(key, type, isRequired, standard, example, says) { $0[keyPath: path] = $1 }
  }

  /// The same for a property that is nil without the field.
  init<Value>(
    _ key: String, _ type: FieldType<Value>, to path: any WritableKeyPath<Target, Value?> & Sendable,
    isRequired: Bool = false, default standard: String? = nil, example: String, _ says: String
  ) {
    self.init(key, type, isRequired, standard, example, says) { $0[keyPath: path] = $1 }
  }

  /// A field that whoever reads the object reads itself, since it needs more than the object: other parts of the file, or other
  /// fields.
  init(
    _ key: String, _ schema: SchemaPiece, isRequired: Bool = false, default standard: String? = nil, example: String,
    _ says: String
  ) {
    self.key = key
    self.isRequired = isRequired
    self.standard = standard
    self.example = example
    self.says = says
    self.schema = schema
    read = { reader, _, _ in !isRequired || reader.required(key) != nil }
  }

  private init<Value>(
    _ key: String, _ type: FieldType<Value>, _ isRequired: Bool, _ standard: String?, _ example: String,
    _ says: String, store: @escaping @Sendable (inout Target, Value) -> Void
  ) {
    self.key = key
    self.isRequired = isRequired
    self.standard = standard
    self.example = example
    self.says = says
    schema = type.schema
    read = { reader, context, target in
      guard isRequired ? reader.required(key) != nil : reader[key] != nil else { return !isRequired }
      guard let value = type.read(reader, key, context) else { return !isRequired }
      store(&target, value)
      return true
    }
  }
}

extension Field {
  /// The same field of an object whose reader keeps this one's target as a part.
  func inside<Whole>(_ path: any WritableKeyPath<Whole, Target> & Sendable) -> Field<Whole> {
    Field<Whole>(
      key: key, isRequired: isRequired, standard: standard, example: example, says: says, schema: schema,
      read: { reader, context, whole in read(reader, context, &whole[keyPath: path]) })
  }

  private init(
    key: String, isRequired: Bool, standard: String?, example: String, says: String, schema: SchemaPiece,
    read: @escaping @Sendable (ObjectReader, FieldContext, inout Target) -> Bool
  ) {
    (self.key, self.isRequired, self.standard, self.example, self.says) = (key, isRequired, standard, example, says)
    (self.schema, self.read) = (schema, read)
  }
}

/// What the values of a field look like: how one is read, and how the schema describes it.
struct FieldType<Value>: Sendable {
  let schema: SchemaPiece
  /// Of the member with this key, which is there. Nil, and reported, when it is no such value.
  let read: @Sendable (_ object: ObjectReader, _ key: String, FieldContext) -> Value?
}

/// The fields of one object, in the order in which people read about them.
struct Shape<Target>: Sendable {
  /// One sentence about the object; empty where its field says it.
  let says: String
  let fields: [Field<Target>]
  /// What the schema says beside its fields: what one field demands of another.
  var beside: SchemaPiece = [:]

  var keys: [String] { fields.map(\.key) }

  /// Reads all of it before any of it is given up, so that every mistake is reported. Nil, and reported, when the node is no
  /// object.
  func read(
    _ node: JSONNode, path: String, _ context: FieldContext, into target: inout Target
  ) -> ObjectReader? {
    guard let reader = ObjectReader(node, path: path, known: keys, context.diagnostics) else { return nil }
    read(reader, context, into: &target)
    return reader
  }

  /// The same of an object that may have other members besides.
  ///
  /// - Returns: false when a required field is missing or can't be read, which has then been reported.
  @discardableResult
  func read(_ reader: ObjectReader, _ context: FieldContext, into target: inout Target) -> Bool {
    fields.reduce(true) { $1.read(reader, context, &target) && $0 }
  }
}
