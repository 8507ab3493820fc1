/// Where a delivery goes.
package enum Target: Hashable, Sendable, CustomStringConvertible {
  /// A destination of a rules file, by its name.
  case destination(String)
  /// What is done on this machine.
  case lane(Lane)

  /// What people are shown, and type: no two targets have the same, for a rules file can't give a destination the name of a lane.
  package var name: String {
    switch self {
    case .destination(let name): name
    case .lane(let lane): lane.name
    }
  }

  package var description: String { name }

  /// Of the rules file; nil for what is done on this machine.
  package var destination: String? {
    switch self {
    case .destination(let name): name
    case .lane: nil
    }
  }
}

extension Target: Comparable {
  package static func < (left: Target, right: Target) -> Bool { left.name < right.name }
}

/// What is done on this machine goes one after the other in lanes, each with its own number of places.
package struct Lane: Hashable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case hook, download
    /// What is fetched for a message before the message is made.
    case include
    /// Steps that an earlier version understood and this one doesn't: they go nowhere, and become dead letters.
    case lost = "lost-step"
  }

  package let kind: Kind
  /// The rule and label of the action that has a `concurrency` of its own, `RULE/LABEL`; nil: all others share the lane.
  package let owner: String?

  package init(_ kind: Kind, owner: String? = nil) {
    (self.kind, self.owner) = (kind, owner)
  }

  /// `hook`, or `hook/RULE/LABEL`.
  package var name: String { kind.rawValue + (owner.map { "/\($0)" } ?? "") }

  /// Nil when no lane is called so.
  package init?(name: String) {
    for kind in Kind.allCases {
      if name == kind.rawValue {
        self.init(kind)
        return
      }
      let mark = "\(kind.rawValue)/"
      if kind != .lost, name.hasPrefix(mark) {
        self.init(kind, owner: String(name.dropFirst(mark.count)))
        return
      }
    }
    return nil
  }

  package static let hook = Lane(.hook)
  package static let download = Lane(.download)
  package static let include = Lane(.include)
}
