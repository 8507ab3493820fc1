/// What reading the actions of a rule may need beside them.
struct RuleContext {
  let fields: FieldContext
  let destinations: [String: DestinationSettings]
  /// Also those that could not be read: they have been reported, and naming one is no second mistake.
  let writtenDestinations: Set<String>
  /// Sorted, for hints.
  let destinationNames: [String]
  let path: String

  var diagnostics: DiagnosticList { fields.diagnostics }
}
