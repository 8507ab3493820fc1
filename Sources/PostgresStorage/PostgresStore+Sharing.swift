internal import Locking
package import Runs
package import Storage

/// Who of those that share the state does what.
extension PostgresStore {
  package var isShared: Bool { shares }

  package var isWatching: Bool { membership?.watches ?? false }

  package func clock(_ system: TimeSource) -> TimeSource {
    guard shares, let membership else { return system }
    return TimeSource(
      now: { membership.now(at: system.uptime()) }, uptime: system.uptime, sleep: system.sleep)
  }

  package func takeWatch() async throws(StorageError) -> Bool {
    guard let membership else { return false }
    if membership.watches { return true }
    // Usually another process has it: the look for news has just found that out, or a read does without a transaction.
    if membership.isWatchTaken { return false }
    guard try await read({ try Membership.watcher($0) }) == nil else { return false }
    let isTaken = try await write { database in
      try Membership.reap(database)
      return try Membership.takeWatch(membership.id, database)
    }
    if isTaken { membership.noteWatch() }
    return isTaken
  }

  package func share(_ wanted: Set<Target>) async throws(StorageError) -> TargetShare {
    guard shares, let membership else { return TargetShare(held: wanted) }
    let first = SharingPlan(wanted, of: membership.id)
    let view = try await read { try first.look($0) }
    if !view.isMember { membership.lose(to: nil) }
    let lone = lone.withLock { lone in
      lone.note(wanted: Set(first.names), free: first.free(view), held: first.held(view), at: membership.uptime())
    }
    let plan = SharingPlan(wanted, of: membership.id, lone: lone)
    var share = plan.share(view)
    if view.needsChange(plan) {
      share = try await write { database in
        try Membership.reap(database)
        try plan.addMissing(database)
        let view = try plan.look(database)
        let taken = try plan.take(view, database)
        var share = plan.share(view)
        share.held.formUnion(taken.keys)
        share.idle = taken.compactMapValues(\.self)
        return share
      }
    }
    try await confirm()
    return share
  }

  package func giveUp(_ targets: Set<Target>) async throws(StorageError) {
    guard shares, let membership, !targets.isEmpty else { return }
    let names = targets.map(SharingPlan.lease)
    _ = try await write { database in
      try database.execute(
        """
        UPDATE vi_notify.leases SET member = NULL, free_since = clock_timestamp()
        WHERE member = \(membership.id) AND name = ANY (\(names))
        """)
    }
    channel?.tell()
  }

  package func members() async throws(StorageError) -> [Member] {
    try await read { database in
      let watcher: Statement = "m.id = (SELECT member FROM vi_notify.leases WHERE name = 'watch')"
      return try database.all(
        """
        SELECT m.id, m.process, m.host, m.worker, m.version, array_to_string(m.roles, ' ') AS roles, coalesce(\(watcher), false) AS watches,
          floor(extract(epoch FROM m.started_at) * 1000)::bigint AS started_at,
          CASE WHEN m.expires_at < clock_timestamp() THEN
            floor(extract(epoch FROM m.expires_at - interval '15 s') * 1000)::bigint END AS silent_since,
          coalesce((SELECT string_agg(substr(name, 8), chr(10) ORDER BY name) FROM vi_notify.leases
            WHERE member = m.id AND name LIKE 'target/%'), '') AS targets
        FROM vi_notify.members m ORDER BY watches DESC, m.host, m.process
        """, of: "members"
      ) { row in
        var member = Member(
          processID: Int32(truncatingIfNeeded: try row.integer("process")), host: try row.text("host"),
          worker: try row.text("worker"), version: try row.text("version"),
          roles: Set(try row.text("roles").split(separator: " ").compactMap { Role(rawValue: String($0)) }),
          startedAt: try row.time("started_at"))
        member.watches = try row.flag("watches")
        member.targets = try row.text("targets").split(separator: "\n").map(String.init)
        member.silentSince = try row.optionalTime("silent_since")
        return member
      }
    }
  }
}
