package import Runs

/// What a process does for a state that several share. One process alone does all of it.
package enum Role: String, Sendable, CaseIterable {
  /// Watches the runs, when nobody else does.
  case watch
  /// Sends to destinations.
  case deliver
  /// Runs hooks and downloads.
  case hooks
}

/// A process that shares a state with others.
package struct Member: Sendable, Equatable {
  package let processID: Int32
  package let host: String
  /// What stays on a machine, such as a model that was downloaded, is found there by this name.
  package let worker: String
  package let version: String
  package let roles: Set<Role>
  package let startedAt: Timestamp
  /// It watches the runs.
  package var watches = false
  /// What it alone may send to, by name, in alphabetical order.
  package var targets: [String] = []
  /// Since when it has given no sign of life; nil: it gives one every few seconds.
  package var silentSince: Timestamp?

  package init(
    processID: Int32, host: String, worker: String, version: String, roles: Set<Role>, startedAt: Timestamp
  ) {
    (self.processID, self.host, self.worker, self.version) = (processID, host, worker, version)
    (self.roles, self.startedAt) = (roles, startedAt)
  }
}

/// What a process may send to after the targets have been shared out.
package struct TargetShare: Sendable, Equatable {
  /// Those that are its own, and nobody else's until it gives them up or is gone.
  package var held: Set<Target>
  /// How many of them others should have: they are to be given up as soon as nothing is under way there.
  package var surplus: [Target.Group: Int] = [:]
  /// Somebody who is gone may have left hooks that he ran, or steps that wait for his files.
  package var isSomethingLeft = false
  /// Of those that are held since just now: for how long nobody has sent anything there; those that aren't named never were anybody's.
  package var idle: [Target: Duration] = [:]

  package init(held: Set<Target>) { self.held = held }
}

/// The work of a state, where several processes can share it: which of them watches, and which sends where. What isn't shared belongs
/// to the process that has the state open.
///
/// - Whoever shares gives signs of life by itself. One who is silent for too long has lost everything he had, can write nothing more,
///   and is given nothing to send (``StateStore/confirm()``): he is to end.
/// - A target belongs to one process at a time, so that its pace, its circuit and the order of its deliveries are that process's alone.
///   What is claimed (``StateStore/claim(destination:limit:at:)``) belongs to nobody beforehand.
/// - What follows a download is done where the files are, while that machine has a process, and for some time after.
package protocol SharedState: Sendable {
  /// False: one process at a time has the state.
  var isShared: Bool { get }

  /// This process watches.
  var isWatching: Bool { get }

  /// Tries to be the one that watches. False: another process is.
  func takeWatch() async throws(StorageError) -> Bool

  /// Shares out what is wanted, evenly among those that want some of it: takes what is nobody's, up to this process's part.
  func share(_ wanted: Set<Target>) async throws(StorageError) -> TargetShare

  /// Nothing is under way at these, and nothing will be.
  func giveUp(_ targets: Set<Target>) async throws(StorageError)

  /// Begins chains again at their download whose next step waits for a machine that has had no process for so long. Returns the ids of
  /// the downloads, in alphabetical order.
  func restartChains(goneFor time: Duration, at now: Timestamp) async throws(StorageError) -> [String]

  /// Who shares the state, those who watch before others, then by host and process. Empty when it isn't shared.
  func members() async throws(StorageError) -> [Member]

  /// The clock by which the moments in the state are written: the database's, where the clocks of several machines must not matter.
  func clock(_ system: TimeSource) -> TimeSource
}

extension SharedState {
  package var isShared: Bool { false }
  package var isWatching: Bool { true }
  package func takeWatch() async throws(StorageError) -> Bool { true }
  package func share(_ wanted: Set<Target>) async throws(StorageError) -> TargetShare { TargetShare(held: wanted) }
  package func giveUp(_ targets: Set<Target>) async throws(StorageError) {}
  package func restartChains(goneFor time: Duration, at now: Timestamp) async throws(StorageError) -> [String] { [] }
  package func members() async throws(StorageError) -> [Member] { [] }
  package func clock(_ system: TimeSource) -> TimeSource { system }
}

extension Target {
  /// What is shared out by itself, so that everybody has about as much of it.
  package enum Group: Sendable, CaseIterable {
    case destinations, lanes
  }

  package var group: Group { destination == nil ? .lanes : .destinations }

  /// Of the process that works on it.
  package var role: Role {
    switch self {
    case .destination: .deliver
    case .lane(let lane):
      switch lane.kind {
      case .hook, .download: .hooks
      case .include, .lost: .deliver
      }
    }
  }
}
