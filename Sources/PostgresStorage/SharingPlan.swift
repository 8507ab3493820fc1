internal import Runs
internal import Storage

/// How targets are shared out: each process that wants some takes what is nobody's up to its part, the number of targets through the
/// number of processes, rounded up; whoever has more gives some up. Nothing moves while all have no more than that. What nobody takes by
/// that (``LoneTargets``) is taken all the same, and doesn't count.
struct SharingPlan: Sendable {
  /// What stands in the database.
  struct View: Sendable {
    /// By the lease's name: who has it; nil: nobody.
    var holders: [String: Int64?] = [:]
    /// How many live, by role.
    var members: [Role: Int] = [:]
    /// This process is among them.
    var isMember = false
    /// Somebody's time is over.
    var hasGone = false
    /// See ``TargetShare/isSomethingLeft``.
    var isSomethingLeft = false

    /// Nobody has it; false where it isn't known.
    func isFree(_ lease: String) -> Bool { holders[lease] == .some(nil) }

    /// Something may be taken.
    func needsChange(_ plan: SharingPlan) -> Bool {
      hasGone || plan.names.contains { holders[$0] == nil } || plan.lone.contains { isFree($0) }
        || Target.Group.allCases.contains { group in
          plan.hasFree(group, self) && plan.part(group, self) > plan.held(group, self).count
        }
    }
  }

  private let member: Int64
  private let targets: [String: Target]
  /// Of what is wanted: taken and kept whatever this process's part is.
  let lone: Set<String>

  var names: [String] { targets.keys.sorted() }

  init(_ wanted: Set<Target>, of member: Int64, lone: Set<String> = []) {
    self.member = member
    targets = Dictionary(uniqueKeysWithValues: wanted.map { (Self.lease($0), $0) })
    self.lone = lone.intersection(targets.keys)
  }

  static func lease(_ target: Target) -> String { "target/\(target.name)" }

  func look(_ database: PostgresConnection) throws -> View {
    var view = View()
    for row in try database.all(question, of: "leases and members", by: "name", Row.init) {
      switch (row.lease, row.member) {
      case (let name?, let holder): view.holders[name] = .some(holder)
      case (nil, let id?): view.add(id, row, isUs: id == member)
      case (nil, nil): view.isSomethingLeft = row.flag
      }
    }
    return view
  }

  /// A lease, with whoever has it; a process, with `flag` when its time is over; or neither, with `flag` when something is left.
  fileprivate struct Row {
    let lease: String?
    let member: Int64?
    let roles: [Role]
    let flag: Bool

    init(_ row: StoredRow) throws {
      (lease, member) = (try row.optionalText("name"), try row.optionalInteger("member"))
      roles = try row.text("roles").split(separator: " ").compactMap { Role(rawValue: String($0)) }
      flag = try row.flag("flag")
    }
  }

  /// All in one: every process asks it every few seconds.
  private var question: Statement {
    """
    SELECT name, member, '' AS roles, false AS flag FROM vi_notify.leases WHERE name = ANY (\(names))
    UNION ALL SELECT NULL, id, array_to_string(roles, ' '), expires_at < clock_timestamp() FROM vi_notify.members
    UNION ALL SELECT NULL, NULL, '', EXISTS (SELECT 1 FROM vi_notify.deliveries WHERE \(PostgresStore.isOrphan)) OR EXISTS (
      SELECT 1 FROM vi_notify.deliveries WHERE \(PostgresStore.isPinned) AND worker NOT IN (
        SELECT worker FROM vi_notify.members WHERE expires_at > clock_timestamp()))
    """
  }

  /// Those that count.
  private func names(_ group: Target.Group) -> [String] {
    names.filter { targets[$0]?.group == group && !lone.contains($0) }
  }

  func held(_ group: Target.Group, _ view: View) -> [String] {
    names(group).filter { view.holders[$0] == .some(member) }
  }

  /// Those that nobody has, and those that this process has.
  func free(_ view: View) -> Set<String> { Set(names.filter(view.isFree)) }
  func held(_ view: View) -> Set<String> { Set(names.filter { view.holders[$0] == .some(member) }) }

  func hasFree(_ group: Target.Group, _ view: View) -> Bool {
    names(group).contains(where: view.isFree)
  }

  /// How many of what is wanted this process is to have.
  func part(_ group: Target.Group, _ view: View) -> Int {
    Role.allCases.reduce(0) { sum, role in
      let count = targets.values.count { $0.group == group && $0.role == role }
      let members = max(1, view.members[role] ?? 1)
      return sum + (count + members - 1) / members
    }
  }

  func share(_ view: View) -> TargetShare {
    var share = TargetShare(held: [])
    share.isSomethingLeft = view.isSomethingLeft
    share.held = Set(targets.filter { view.holders[$0.key] == .some(member) }.values)
    for group in Target.Group.allCases {
      let surplus = held(group, view).count - part(group, view)
      if surplus > 0 { share.surplus[group] = surplus }
    }
    return share
  }

  func addMissing(_ database: PostgresConnection) throws {
    try database.execute(
      "INSERT INTO vi_notify.leases (name) SELECT unnest(\(names)::text[]) ON CONFLICT (name) DO NOTHING")
  }

  /// Returns what was nobody's, and for how long; nil: it never was anybody's.
  func take(_ view: View, _ database: PostgresConnection) throws -> [Target: Duration?] {
    var taken: [Target: Duration?] = [:]
    for group in Target.Group.allCases {
      let count = part(group, view) - held(group, view).count
      if count > 0 { taken.merge(try take(count, of: names(group), database)) { first, _ in first } }
    }
    if lone.contains(where: view.isFree) {
      taken.merge(try take(lone.count, of: lone.sorted(), database)) { first, _ in first }
    }
    return taken
  }

  private func take(_ count: Int, of names: [String], _ database: PostgresConnection) throws -> [Target: Duration?] {
    let taken = try database.all(
      """
      WITH free AS MATERIALIZED (
        SELECT name, free_since FROM vi_notify.leases WHERE name = ANY (\(names)) AND member IS NULL
        ORDER BY name LIMIT \(count) FOR UPDATE SKIP LOCKED)
      UPDATE vi_notify.leases l SET member = \(member), free_since = NULL FROM free f WHERE l.name = f.name
      RETURNING l.name, floor(extract(epoch FROM clock_timestamp() - f.free_since) * 1000)::bigint AS idle
      """, of: "leases", by: "name"
    ) { (try $0.text("name"), try $0.optionalDuration("idle")) }
    return Dictionary(uniqueKeysWithValues: taken.compactMap { name, idle in targets[name].map { ($0, idle) } })
  }
}

extension SharingPlan.View {
  fileprivate mutating func add(_ id: Int64, _ row: SharingPlan.Row, isUs: Bool) {
    if isUs { isMember = true }
    if row.flag {
      hasGone = true
    } else {
      for role in row.roles { members[role, default: 0] += 1 }
    }
  }
}
