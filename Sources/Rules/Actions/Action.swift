internal import Runs
internal import Storage

/// What a rule does: send, run, shell, download. One type of this protocol says everything about one of them, without any I/O: its
/// fields (from which reader, checker, schema and reference come), what later steps can ask of it, and what is stored when its
/// rule fires.
///
/// Flows in: an object of a list of actions, and later an event. Flows out: an ``ActionSettings``, and for each event a
/// ``PlannedDelivery/Content``. How an attempt is made is `Delivery`'s business: it never sees an action, only what was stored.
///
/// To add an action, add its type in a folder beside these and one line to ``ActionType/registered``. What it stores must be a
/// `DeliveryContent`: something new to be carried out also needs a case there, and whoever carries it out in `Delivery`.
protocol Action: Sendable {
  /// Its word in the rules file, which is also the key of its own field.
  static var verb: String { get }
  /// One sentence for people.
  static var says: String { get }
  /// Its own fields; ``verb`` is among them.
  static var fields: [Field<Self>] { get }
  /// What the schema says beside its fields.
  static var beside: SchemaPiece { get }
  /// What later steps can ask of it: `{{steps.ID.NAME}}`.
  static var results: [String] { get }
  /// Where it waits for its turn; nil: it is sent to a destination.
  static var lane: Lane.Kind? { get }
  /// Of one attempt.
  static var maxTimeout: Duration { get }
  /// Only a run has what it works on; it is refused where a rule fires on something else.
  static var isOfRun: Bool { get }

  init()

  /// Reads what one field can't decide alone, and reports what doesn't fit together.
  ///
  /// - Returns: false when this is no action, which has then been reported.
  mutating func finish(_ object: ObjectReader, _ reader: ActionReader, _ options: ActionOptions) -> Bool

  /// To whom it is sent; nil when ``lane`` isn't.
  var destination: String? { get }
  /// So many of this action at once; nil: it shares the places of its lane.
  var concurrency: Int? { get }
  /// It must not run twice, even after a kill.
  var isOnce: Bool { get }
  /// What happens within some time becomes one message.
  var digest: Digest? { get }
  /// For what its message is made; nil when it sends none of its own.
  var form: MessageForm? { get }

  func content(_ context: PlannedDelivery.RenderContext) -> PlannedDelivery.Content
  /// What its message continues.
  func sequel(_ context: PlannedDelivery.RenderContext) -> Sequel
}

extension Action {
  static var beside: SchemaPiece { [:] }
  static var maxTimeout: Duration { .seconds(30 * 86_400) }
  static var isOfRun: Bool { false }
  var destination: String? { nil }
  var concurrency: Int? { nil }
  var isOnce: Bool { false }
  var digest: Digest? { nil }
  var form: MessageForm? { nil }
  func sequel(_ context: PlannedDelivery.RenderContext) -> Sequel { .none }

  mutating func finish(_ object: ObjectReader, _ reader: ActionReader, _ options: ActionOptions) -> Bool { true }
}
