/// What an event tells of.
package enum EventKind: Sendable, Hashable {
  /// A run came into a phase.
  case entered(Phase)
  /// A run has been in one phase for so long.
  case stayed(Phase, Duration)
  /// A run was deleted before it ended.
  case disappeared
  /// There was no whole look at the runs for too long.
  case sourceUnreachable
  /// The first whole look after that.
  case sourceRecovered
  /// A destination has said that it wants nothing more.
  case destinationStopped

  /// What stands as `phase` in the event data, and what rules say in `on`.
  package var word: String {
    switch self {
    case .entered(let phase), .stayed(let phase, _): phase.rawValue
    case .disappeared: "disappeared"
    case .sourceUnreachable: "sourceUnreachable"
    case .sourceRecovered: "sourceRecovered"
    case .destinationStopped: "destinationStopped"
    }
  }

  /// How long the run has stayed; nil for what happens at once.
  package var stay: Duration? {
    if case .stayed(_, let duration) = self { duration } else { nil }
  }

  /// What was stored as its word and its stay. Nil for words of a later version.
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
