internal import Storage

/// Of a state that several processes share: the targets that are this process's, those that it is about to give up, and when to ask
/// again how they are shared out.
///
/// A target that is to be given up gets nothing more to do. It is given up when everything that was under way there is durable: the next
/// process to have it finds all of it in the outbox.
struct HeldTargets: Sendable {
  /// Between two times that the targets are shared out.
  static let pause: Duration = .seconds(5)

  private let roles: Set<Role>
  private var held: Set<Target> = []
  private(set) var leaving: Set<Target> = []
  /// By the uptime; nil: at once.
  private var nextShare: Duration?

  init(_ roles: Set<Role>) { self.roles = roles }

  /// May be read and sent to.
  func contains(_ target: Target) -> Bool {
    isPooled(target) || (held.contains(target) && !leaving.contains(target))
  }

  /// What is claimed one by one, by whoever has room.
  private func isPooled(_ target: Target) -> Bool { target.role == .hooks && roles.contains(.hooks) }

  func isDue(at uptime: Duration) -> Bool { nextShare.map { $0 <= uptime } ?? true }

  /// How long until then.
  func wait(at uptime: Duration) -> Duration { nextShare.map { max(.zero, $0 - uptime) } ?? .zero }

  /// Returns those that are this process's since now.
  ///
  /// - Parameter busy: something is under way or waits there: these are given up last.
  mutating func take(_ share: TargetShare, busy: (Target) -> Bool, at uptime: Duration) -> Set<Target> {
    nextShare = uptime + Self.pause
    let new = share.held.subtracting(held)
    leaving.formUnion(held.subtracting(share.held))
    held.formUnion(share.held)
    for (group, surplus) in share.surplus {
      let ours = share.held.filter { $0.group == group }
      let staying = ours.subtracting(leaving).sorted()
      let more = surplus - ours.intersection(leaving).count
      leaving.formUnion((staying.filter { !busy($0) } + staying.filter(busy)).prefix(max(0, more)))
    }
    return new.subtracting(leaving)
  }

  /// It is given up, and another process's from now on.
  mutating func gaveUp(_ targets: Set<Target>) {
    held.subtract(targets)
    leaving.subtract(targets)
  }
}
