internal import EventPatterns
internal import Runs

/// What a user can say: when a run comes into one of these phases and looks like this, do that.
package struct Rule: Sendable {
  package let name: String
  package let triggers: Set<Trigger>
  /// Fires when a run has stayed in such a phase for so long; nil: when it comes into it.
  package let holdsFor: Duration?
  /// False: it never fires.
  package let isEnabled: Bool
  /// Nil: it fires as often as it can.
  let cooldown: Cooldown?
  /// Nil matches every run.
  let pattern: EventPattern?
  /// Byte offset of the pattern in the file.
  let patternOffset: Int
  let actions: [ActionSettings]

  /// Of its actions and of everything that comes after them.
  package var labels: Set<String> { actions.reduce(into: []) { $1.collectLabels(into: &$0) } }

  /// Where its actions go: destinations, and the words of what is done on this machine, each once.
  package var places: [String] {
    var seen: Set<String> = []
    return actions.map { $0.action.destination ?? $0.type.verb }.filter { seen.insert($0).inserted }
  }

  func fires(on eventKind: EventKind) -> Bool {
    isEnabled && triggers.contains(eventKind.trigger) && holdsFor == eventKind.stay
  }
}

/// After it has fired, a rule rests for a while.
struct Cooldown: Sendable, Equatable {
  /// 1 s to 30 d.
  let duration: Duration
  /// Paths into the event data: events with different values there cool down separately.
  let by: [[String]]

  /// What an event has at these paths.
  func key(of data: TemplateData) -> String {
    data.key(at: by)
  }
}
