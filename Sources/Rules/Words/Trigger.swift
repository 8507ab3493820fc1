package import Runs

/// What a rule names in `on`.
package enum Trigger: Sendable, Hashable, CaseIterable {
  case phase(Phase)
  case disappeared
  case sourceUnreachable
  case sourceRecovered
  case destinationStopped

  package static let allCases: [Trigger] =
    Phase.allCases.map(Trigger.phase) + [.disappeared, .sourceUnreachable, .sourceRecovered, .destinationStopped]

  package var word: String {
    switch self {
    case .phase(let phase): phase.rawValue
    case .disappeared: "disappeared"
    case .sourceUnreachable: "sourceUnreachable"
    case .sourceRecovered: "sourceRecovered"
    case .destinationStopped: "destinationStopped"
    }
  }

  /// Nil for a word that is none.
  package init?(word: String) {
    guard let trigger = Trigger.allCases.first(where: { $0.word == word }) else { return nil }
    self = trigger
  }

  /// Words for several at once.
  static let groups: [String: Set<Trigger>] = [
    "terminal": Set(Phase.allCases.filter(\.isTerminal).map(Trigger.phase)),
    "any": Set(Phase.allCases.map(Trigger.phase)),
  ]

  /// It happens to a run.
  var isOfRun: Bool {
    switch self {
    case .phase, .disappeared: true
    case .sourceUnreachable, .sourceRecovered, .destinationStopped: false
    }
  }

  /// A phase in which a run may stay too long.
  var canLast: Bool {
    if case .phase(let phase) = self { !phase.isTerminal } else { false }
  }
}

extension EventKind {
  /// The trigger that this meets.
  package var trigger: Trigger {
    switch self {
    case .entered(let phase), .stayed(let phase, _): .phase(phase)
    case .disappeared: .disappeared
    case .sourceUnreachable: .sourceUnreachable
    case .sourceRecovered: .sourceRecovered
    case .destinationStopped: .destinationStopped
    }
  }
}

/// A phase, and how long a run may stay in it until some rule fires.
package struct DwellRule: Sendable, Hashable {
  package let phase: Phase
  package let duration: Duration

  package init(phase: Phase, duration: Duration) {
    self.phase = phase
    self.duration = duration
  }
}
