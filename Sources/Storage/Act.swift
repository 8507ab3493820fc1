package import Runs

/// Who acted, as far as it is known. The name may be a stranger's text.
package struct Agent: Sendable, Equatable {
  /// How they reached us.
  package enum Way: String, Sendable {
    /// A command: the name is that of its account.
    case command
    /// The status port, page or API: the name is the address that the request came from.
    case port
    /// The name is the signal's.
    case signal
    /// The rules file changed, and the watcher noticed; there is no name.
    case file
  }

  package let way: Way
  /// At most ``longest`` characters.
  package let name: String
  /// What else is known, in words: `process 4711`; empty: nothing.
  package let note: String

  package static let longest = 200

  package init(_ way: Way, name: String = "", note: String = "") {
    self.way = way
    self.name = name.kept(Self.longest)
    self.note = note.kept(Self.longest)
  }
}

/// Something that somebody did, for the audit. It is written in the transaction that does it.
package struct Act: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Deliveries were made due again.
    case replay
    /// They were sent to another destination.
    case redirect
    /// What waited was made due, and its destination probed.
    case hasten
    case silence
    case endSilence
    /// The rules file was read anew and is in use.
    case reload
    /// It was to be read anew, and older rules stay in use.
    case reloadRefused
  }

  /// Of the things that were acted on, so many are returned without being asked for.
  package static let maxSubjects = 100
  package static let longestDetail = 500

  package let at: Timestamp
  package let kind: Kind
  package let agent: Agent
  /// Ids of deliveries, or of the silence, in the order in which they were acted on.
  package let subjects: [String]
  /// How many there were; a query may return fewer.
  package let count: Int
  /// The other destination, the silence's reason, or why a reload was refused; empty: there is nothing to add. At most
  /// ``longestDetail`` characters.
  package let detail: String

  package init(
    at: Timestamp, _ kind: Kind, by agent: Agent, _ subjects: [String] = [], count: Int? = nil, detail: String = ""
  ) {
    self.at = at
    self.kind = kind
    self.agent = agent
    self.subjects = subjects
    self.count = count ?? subjects.count
    self.detail = detail.kept(Self.longestDetail)
  }
}

extension String {
  /// Cut, and without NUL, behind which a database forgets the rest.
  fileprivate func kept(_ length: Int) -> String {
    let text = count > length ? "\(prefix(length - 1))…" : self
    return text.withoutNUL
  }
}

package struct ActFilter: Sendable {
  /// Only acts on one of these, and of their subjects only these; nil: every act.
  package var ids: Set<String>?
  /// Only the newest.
  package var limit: Int

  package init(ids: Set<String>? = nil, limit: Int) {
    (self.ids, self.limit) = (ids, limit)
  }
}

/// Who did what. What changes something else in the state is recorded by the call that does it.
package protocol AuditStore: Sendable {
  /// Records what changed nothing in the state.
  func record(_ act: Act) async throws(StorageError)

  /// The newest first. The subjects are at most ``Act/maxSubjects`` of each.
  func acts(_ filter: ActFilter) async throws(StorageError) -> [Act]
}
