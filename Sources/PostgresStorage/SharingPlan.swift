internal import Runs
internal import Storage

/// How targets are shared out: each process that wants some takes what is nobody's up to its part, the number of targets through the
/// number of processes, rounded up; whoever has more gives some up. Nothing moves while all have no more than that.
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

    /// Something may be taken.
    func needsChange(_ plan: SharingPlan) -> Bool {
      hasGone || plan.names.contains { holders[$0] == nil }
        || Target.Group.allCases.contains { group in
          plan.hasFree(group, self) && plan.part(group, self) > plan.held(group, self).count
        }
    }
  }

  private let member: Int64
  private let targets: [String: Target]

  var names: [String] { targets.keys.sorted() }

  init(_ wanted: Set<Target>, of member: Int64) {
    self.member = member
    targets = Dictionary(uniqueKeysWithValues: wanted.map { (Self.lease($0), $0) })
  }

  static func lease(_ target: Target) -> String { "target/\(target.name)" }

  func look(_ database: PostgresConnection) throws -> View {
    var view = View()
    for (name, holder) in try database.all(
      "SELECT name, member FROM vi_notify.leases WHERE name = ANY (\(names))", of: "leases", by: "name",
      { (try $0.text("name"), try $0.optionalInteger("member")) })
    {
      view.holders[name] = .some(holder)
    }
    for (id, roles, isGone) in try database.all(
      "SELECT id, array_to_string(roles, ' ') AS roles, expires_at < clock_timestamp() AS is_gone FROM vi_notify.members",
      of: "members", { (try $0.integer("id"), try $0.text("roles"), try $0.flag("is_gone")) })
    {
      if id == member { view.isMember = true }
      if isGone { view.hasGone = true }
      for role in roles.split(separator: " ").compactMap({ Role(rawValue: String($0)) }) where !isGone {
        view.members[role, default: 0] += 1
      }
    }
    return view
  }

  private func names(_ group: Target.Group) -> [String] { names.filter { targets[$0]?.group == group } }

  func held(_ group: Target.Group, _ view: View) -> [String] {
    names(group).filter { view.holders[$0] == .some(member) }
  }

  func hasFree(_ group: Target.Group, _ view: View) -> Bool {
    names(group).contains { view.holders[$0] == .some(nil) }
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
    for group in Target.Group.allCases {
      let held = held(group, view)
      share.held.formUnion(held.compactMap { targets[$0] })
      let surplus = held.count - part(group, view)
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
