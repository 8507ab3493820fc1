/// The kind of an event.
package enum EventKind: Sendable, Hashable {
  /// A run entered a phase.
  case entered(Phase)
  /// A run has been in one phase for this long.
  case stayed(Phase, Duration)
  /// A run was deleted before it ended.
  case disappeared
  /// No complete sweep succeeded for too long.
  case sourceUnreachable
  /// The first complete sweep after that.
  case sourceRecovered
  /// A destination refuses further deliveries.
  case destinationStopped

  /// The value of `phase` in the event data, and of `on` in rules.
  package var word: String {
    switch self {
    case .entered(let phase), .stayed(let phase, _): phase.rawValue
    case .disappeared: "disappeared"
    case .sourceUnreachable: "sourceUnreachable"
    case .sourceRecovered: "sourceRecovered"
    case .destinationStopped: "destinationStopped"
    }
  }

  /// How long the run has stayed; nil for other kinds.
  package var stay: Duration? {
    if case .stayed(_, let duration) = self { duration } else { nil }
  }

  /// Restores a kind from its stored word and stay. Nil for words of a later version.
  package init?(word: String, stay: Duration?) {
    switch (Phase(rawValue: word), word, stay) {
    case (let phase?, _, let stay?): self = .stayed(phase, stay)
    case (let phase?, _, nil): self = .entered(phase)
    case (_, "disappeared", _): self = .disappeared
    case (_, "sourceUnreachable", _): self = .sourceUnreachable
    case (_, "sourceRecovered", _): self = .sourceRecovered
    case (_, "destinationStopped", _): self = .destinationStopped
    default: return nil
    }
  }

  /// CloudEvents `type`.
  var eventType: String {
    switch self {
    case .entered, .stayed, .disappeared: "com.datature.vi.run.\(word)"
    case .sourceUnreachable: "com.datature.vi.source.unreachable"
    case .sourceRecovered: "com.datature.vi.source.recovered"
    case .destinationStopped: "com.datature.vi.destination.stopped"
    }
  }
}
