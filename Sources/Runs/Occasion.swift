/// What an event tells of.
package enum Occasion: Sendable, Hashable {
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

  /// What stands as `phase` in the event data, and what rules say in `on`.
  package var word: String {
    switch self {
    case .entered(let phase), .stayed(let phase, _): phase.rawValue
    case .disappeared: "disappeared"
    case .sourceUnreachable: "sourceUnreachable"
    case .sourceRecovered: "sourceRecovered"
    }
  }

  /// CloudEvents `type`.
  var eventType: String {
    switch self {
    case .entered, .stayed, .disappeared: "com.datature.vi.run.\(word)"
    case .sourceUnreachable: "com.datature.vi.source.unreachable"
    case .sourceRecovered: "com.datature.vi.source.recovered"
    }
  }
}
