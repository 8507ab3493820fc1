internal import EventPatterns
internal import Runs

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
  let actions: [ActionSettings]

  func fires(on eventKind: EventKind) -> Bool {
    triggers.contains(eventKind.trigger) && holdsFor == eventKind.stay
  }
}
