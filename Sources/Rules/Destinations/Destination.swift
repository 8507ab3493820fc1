package import Secrets

/// A type of destination: one kind of place that messages go to.
///
/// This folder holds everything that is particular to a service, and nothing that is not: which settings it has, how a
/// stranger's text is escaped for it, how long its texts may be, what it is sent without a `text` or `body`, how a request is
/// made and what an answer means. It is pure: no I/O, no retries, no pacing. Delivery sends what a ``RequestMaker`` makes and
/// hands the answer to ``answers``; cutting a body to ``limits`` is done once, for all types.
///
/// Flows in: the JSON of a rules file, a rendered message, an answer. Flows out: settings and diagnostics, a request, a verdict.
///
/// To add a type, add a folder beside ``Webhook`` with a struct whose stored properties are its own settings, and one line to
/// ``DestinationType/all``. What isn't HTTP is a case of ``Outgoing`` with a sender of its own in Delivery. The reader, `check`, the schema, README's reference and the conformance tests follow from that.
protocol Destination: Sendable {
  /// The word in the rules file: `"type": "slack"`. Stored beside messages, so it never changes.
  static var type: String { get }
  /// One line for the reference and the schema.
  static var says: String { get }

  /// Its own fields. What all destinations have, and what all HTTP destinations have, is not among them.
  static var fields: [Field<Self>] { get }
  /// What the schema says beside them: what one field demands of another.
  static var beside: SchemaPiece { get }
  /// With what holds for every field that is left out; required ones have a placeholder that is never used.
  init()
  /// What no field can decide alone. Reports what is wrong.
  func check(_ object: ObjectReader, _ context: FieldContext)
  /// Which settings of a connection it has beside its own fields.
  static var connection: ConnectionKind { get }
  /// To whom it sends, where each recipient gets a delivery of its own; empty where there is one delivery for all. A body says
  /// in its member `recipient` for whom it is.
  var recipients: [ReferenceText] { get }
  /// The address that requests go to and the field it stands in, where the user writes one: it is checked against
  /// `allowPrivate`.
  var address: (field: String, url: ReferenceText)? { get }

  /// Hosts at which this service alone answers, with what stands before them: `slack.com` is `hooks.slack.com`, too. A URL of
  /// one service in a destination of another type is a mistake that `check` finds.
  static var hosts: [String] { get }

  /// How a text that others wrote is escaped, and whether people read it.
  static var markup: Markup { get }
  /// Members of a body that the service shows as they are: there a text that others wrote is only cleaned.
  static var membersWithoutMarkup: [String] { get }
  /// What the service takes at most; nil: no limits are known.
  static var limits: BodyLimits? { get }
  /// What the service insists on in a body; nil: a body of any shape is fine.
  static var shape: BodyShape? { get }
  /// What the service allows; nil: nothing is known.
  static var usualRate: RateLimit? { get }

  /// What is sent for each trigger when an action has neither `text` nor `body`; nil: the event itself.
  static var standardMessages: [Trigger: BodyTemplate]? { get }
  /// The same for a digest; nil: the events themselves.
  static var standardDigest: BodyTemplate? { get }
  /// The body that carries the `text` of an action; nil: this type takes no text.
  static func message(_ text: TextTemplate) -> BodyTemplate?

  /// Looks every reference up and returns what makes the request of each attempt.
  ///
  /// - Throws: `SecretError`, `SigningKeyError`.
  func requestMaker(_ secrets: ReferenceResolver) throws -> RequestMaker
  /// What makes this the same destination after a change of the rules file: where it leads, without credentials where they
  /// can be told apart. A failing circuit or a stop belongs to this, and ends when it changes.
  func identity(_ secrets: SecretSource) -> [String]

  /// What is sent depends on the event, also where an action has a body of its own.
  static var needsEvent: Bool { get }

  /// How its messages can be edited and stand in threads; nil: neither.
  static var links: MessageLinks? { get }
  /// False: it isn't told what its messages are called, although others of its type are.
  var hasLinks: Bool { get }

  /// What its answers mean.
  static var answers: AnswerTable { get }
  /// How long to wait for the body of an answer once its head has arrived; nil: as long as the attempt may take, for types
  /// that say yes or no in it.
  static var answerPatience: Duration? { get }
}

extension Destination {
  func check(_ object: ObjectReader, _ context: FieldContext) {}
  var recipients: [ReferenceText] { [] }
  var address: (field: String, url: ReferenceText)? { nil }
  static var connection: ConnectionKind { .http }
  static var beside: SchemaPiece { [:] }
  static var hosts: [String] { [] }
  static var markup: Markup { .plain }
  static var membersWithoutMarkup: [String] { [] }
  static var limits: BodyLimits? { nil }
  static var shape: BodyShape? { nil }
  static var usualRate: RateLimit? { nil }
  static var standardMessages: [Trigger: BodyTemplate]? { nil }
  static var standardDigest: BodyTemplate? { nil }
  static func message(_ text: TextTemplate) -> BodyTemplate? { nil }
  static var needsEvent: Bool { false }
  static var links: MessageLinks? { nil }
  var hasLinks: Bool { true }
  /// The status decides; reading on is a courtesy to whoever looks at the attempt later.
  static var answerPatience: Duration? { .seconds(2) }
}

/// Looks references up while a ``RequestMaker`` is made, and notes whether any of them may change while the process runs.
package final class ReferenceResolver {
  private let secrets: SecretSource
  /// The environment stays as it is; files may be written anew.
  package private(set) var isConstant = true

  package init(_ secrets: SecretSource) {
    self.secrets = secrets
  }

  /// - Throws: `SecretError`.
  package func text(_ text: ReferenceText, as field: SecretField) throws(SecretError) -> String {
    try secret(text, as: field).revealed
  }

  /// - Throws: `SecretError`.
  package func secret(_ text: ReferenceText, as field: SecretField) throws(SecretError) -> Secret {
    for part in text.parts {
      switch part {
      case .literal, .environment: break
      case .file, .credential: isConstant = false
      }
    }
    return try secrets.resolve(text, as: field)
  }
}
