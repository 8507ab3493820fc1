internal import Runs
internal import Storage

/// How a state is opened, before it is a store.
struct StateOpening {
  /// How long a watcher waits at its start for a server that is away.
  private static let startTime: Duration = .seconds(30)

  let target: PostgresTarget
  let use: StateUse
  let patience: Patience
  private let uptime: @Sendable () -> Duration

  init(
    _ target: PostgresTarget, for use: StateUse, _ patience: Patience,
    uptime: @escaping @Sendable () -> Duration = TimeSource.system.uptime
  ) {
    (self.target, self.use, self.patience, self.uptime) = (target, use, patience, uptime)
  }

  /// Returns the row of whoever may send.
  func open() throws(StorageError) -> Membership? {
    let link = Link(target, writes: use != .reading, patience: patience)
    do {
      let applied = try link.insist(within: use.works ? Self.startTime : .zero) { try Schema.applied($0) }
      if let applied, applied.isNewer { throw StorageError.newer(state: target.name) }
      let isUpToDate = applied?.missing.isEmpty ?? false
      switch use {
      case .reading:
        guard let applied, !applied.names.isEmpty else { throw StorageError.missing(state: target.name) }
        guard isUpToDate else { throw StorageError.unusable(state: target.name, why: Schema.isEarlier) }
        return nil
      case .leavingWord:
        guard let applied, !applied.names.isEmpty else { throw StorageError.missing(state: target.name) }
        if !isUpToDate { try migrate(link) }
        return nil
      case .copying:
        guard let applied, !applied.names.isEmpty else { throw StorageError.missing(state: target.name) }
        guard isUpToDate else { throw StorageError.unusable(state: target.name, why: Schema.isEarlier) }
        return try Membership.join(link, roles: [], worker: "", version: "", uptime: uptime)
      case .watching:
        if !isUpToDate { try migrate(link) }
        return try Membership.join(link, roles: [], worker: "", version: "", uptime: uptime)
      case .sharing(let roles, let worker, let version):
        if !isUpToDate { try migrate(link) }
        return try Membership.join(link, roles: roles, worker: worker, version: version, uptime: uptime)
      }
    } catch let error as StorageError {
      throw translated(error)
    } catch let fault as PostgresFault {
      throw translated(fault)
    } catch {
      throw .failed(state: target.name, why: "\(type(of: error))")
    }
  }

  private func migrate(_ link: Link) throws {
    try link.insist { connection in
      try link.transaction(connection, begin: Schema.begin) { connection in
        // Another process may have done it meanwhile.
        let applied = try Schema.applied(connection)
        if let applied, applied.missing.contains(where: \.isBreaking), !applied.names.isEmpty,
          let holder = try Membership.anybody(connection)
        {
          throw use.works
            ? StorageError.held(state: target.name, processID: holder)
            : StorageError.older(state: target.name, processID: holder)
        }
        try Schema.bring(connection, from: applied)
      }
    }
  }

  private func translated(_ error: StorageError) -> StorageError {
    // A server that is away doesn't make a state in use fail.
    guard case .failed(_, let why) = error else { return error }
    return .unusable(
      state: target.name, why: "can't be opened: \(why); start the server, or correct the address, account or password")
  }

  private func translated(_ fault: PostgresFault) -> StorageError {
    switch fault {
    case .refused("42501", let message):
      .unusable(
        state: target.name,
        why:
          "can't be opened: \(message); let the role make its schema: GRANT CREATE ON DATABASE … TO …, or make it once: "
          + "CREATE SCHEMA vi_notify AUTHORIZATION …")
    default: .unusable(state: target.name, why: "can't be opened: \(fault.why)")
    }
  }
}

extension StateUse {
  /// It is opened to send, too.
  var works: Bool {
    switch self {
    case .watching, .sharing: true
    case .reading, .leavingWord, .copying: false
    }
  }

  var isShared: Bool {
    if case .sharing = self { true } else { false }
  }
}
