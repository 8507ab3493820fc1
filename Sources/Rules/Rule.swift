internal import EventPatterns
internal import Runs
package import Secrets

/// What a user can say: when a run comes into one of these phases and looks like this, do that.
package struct Rule: Sendable {
  package let name: String
  package let triggers: Set<Trigger>
  /// Fires when a run has stayed in such a phase for so long; nil: when it comes into it.
  package let holdsFor: Duration?
  /// Nil matches every run.
  let pattern: EventPattern?
  /// Byte offset of the pattern in the file.
  let patternOffset: Int
  package let actions: [Action]

  func fires(on eventKind: EventKind) -> Bool {
    triggers.contains(eventKind.trigger) && holdsFor == eventKind.stay
  }
}

package struct Action: Sendable {
  enum Verb: String, CaseIterable {
    case send, run, shell, download

    var isHook: Bool { self == .run || self == .shell }

    /// Fields that only it has.
    var ownFields: [String] {
      switch self {
      case .send: ["text", "body", "digest"]
      case .run, .shell: ["env", "workingDirectory", "user", "umask", "once", "concurrency"]
      case .download: ["concurrency"]
      }
    }

    /// What later steps can ask of it.
    var results: [String] {
      switch self {
      case .send: ["status"]
      case .run, .shell: ["status", "exitCode", "stdout"]
      case .download: ["status", "path"]
      }
    }
  }

  /// Where the vendor's SDK keeps models.
  static let standardModels = "~/.datature/vi/models"

  enum Kind: Sendable {
    /// `kind`: for which type of destination the message is made.
    case send(destination: String, kind: DestinationSettings.Kind, body: MessageTemplate)
    /// argv; each element stays one argument whatever it contains.
    case run([TextTemplate])
    /// A fixed string for `/bin/sh -c`.
    case shell(String)
    /// The run's model, into the vendor SDK's layout under a directory that is absolute or begins with `~`.
    case download(directory: String, checkpoint: String?)

    /// Of what is done on this machine; nil for what is sent.
    var localVerb: Verb? {
      switch self {
      case .send: nil
      case .run: .run
      case .shell: .shell
      case .download: .download
      }
    }
  }

  /// What `send` sends.
  enum MessageTemplate: Sendable {
    /// The event itself.
    case event
    case json(BodyTemplate)
    /// Words of ours, which differ by what has happened.
    case standard([Trigger: BodyTemplate])
  }

  let kind: Kind
  /// `id` as written, else the place in the rule's list: `actions[0]`.
  let label: String
  let options: ActionOptions
  /// What begins when it was delivered, and when it has failed for good.
  let then: [Action]
  let onFailure: [Action]
  /// The same as it was written, to be kept beside its delivery; nil: nothing comes after it.
  let continuation: FollowUpActions?
  /// Of an action with a digest: all of it as it was written, to be kept beside what is collected.
  let digestPlan: DigestPlan?

  /// For what its message is made; nil when it sends none of its own.
  var form: MessageForm? {
    guard case .send(_, let kind, let body) = self.kind else { return nil }
    if case .standard = body { return MessageForm(kind: kind, isStandard: true) }
    return MessageForm(kind: kind, isStandard: false)
  }

  /// Those that it and all that comes after it send to.
  func collectDestinations(into names: inout Set<String>) {
    if case .send(let name, _, _) = kind { names.insert(name) }
    for action in then + onFailure { action.collectDestinations(into: &names) }
  }

  /// The name of one that has an `id`; places hold brackets.
  static func isID(_ label: String) -> Bool { Run.isValid(id: label) }
}

package struct ActionOptions: Sendable {
  /// Of one attempt; nil: the destination's, for a hook 1 h.
  package var timeout: Duration?
  /// How long failed attempts are repeated; nil: the destination's, for a hook only exit status 75 is repeated.
  package var retryFor: Duration?
  /// Added to a hook's environment. The values stay references until the hook starts.
  package var environment: [EnvironmentEntry] = []
  package var workingDirectory: String?
  /// `name` or `name:group`, for a hook; only root can have it. Nil: as we do.
  package var user: String?
  /// Of the files that a hook makes, 0…0o777; nil: ours.
  package var umask: UInt16?
  /// A hook that must not run twice, even after a kill.
  package var isOnce = false
  /// So many of this action at once; nil: it shares the four of all hooks, or the two of all downloads.
  package var concurrency: Int?
  /// What happens within some time becomes one message.
  package var digest: Digest?

  package struct Digest: Sendable, Equatable {
    /// From the first event to the message. 1 s to 7 d.
    package var window: Duration
    /// Paths into the event data: events that differ there become messages of their own.
    package var by: [[String]] = []
    /// Events that the message can name; the others are counted. 1 to 1,000.
    package var most = 50
  }

  package struct EnvironmentEntry: Sendable, Equatable {
    package let name: String
    package let value: ReferenceText
  }
}
