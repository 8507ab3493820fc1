/// Decides which answers to damage and how, and counts them.
struct HarmBook: Sendable {
  /// Beyond this many deliveries, the oldest are dropped.
  private static let maxKeys = 50_000

  private struct Streak: Sendable {
    var inARow = 0
    var relief = 0
  }

  private let hostility: Hostility
  /// Requests so far, by place.
  private var asked: [String: UInt64] = [:]
  private var streaks: [String: Streak] = [:]
  private(set) var counts: [Harm: Int] = [:]

  init(_ hostility: Hostility) {
    self.hostility = hostility
  }

  var maxWait: Int64 { hostility.maxWait }

  /// - Returns: the harm, and the random number that determines its details; nil for a regular answer.
  mutating func next(for request: ReceivedRequest, _ kind: RequestKind, inbox: String?) -> (
    harm: Harm, place: HarmPlace, random: SplitMix64
  )? {
    guard let place = place(kind, inbox) else { return nil }
    let name = inbox.map { "inbox/\($0)" } ?? kind.rawValue
    let number = asked[name, default: 0]
    asked[name] = number + 1
    var random = SplitMix64(state: hostility.seed ^ fnv1a("\(name)#\(number)"))
    let isHit = Double.random(in: 0..<1, using: &random) < hostility.rate
    let isDue = count(isHit, key: inbox == nil ? name : name + request.identity, relief: inbox == nil)
    guard isDue, let harm = place.harms.filter({ hostility.harms?.contains($0) ?? true }).randomElement(using: &random)
    else { return nil }
    counts[harm, default: 0] += 1
    return (harm, place, random)
  }

  private func place(_ kind: RequestKind, _ inbox: String?) -> HarmPlace? {
    if let inbox { return hostility.sacrifices.contains(inbox) ? .sacrifice : .inbox }
    return switch kind {
    case .list: .page
    case .get: .document
    case .file: .file
    case .simpleRuns, .logs, .outputs: .otherAPI
    // Damage must not make an effect happen twice.
    case .put, .patch, .delete, .other, .inbox: nil
    }
  }

  /// Checks a hit against the client's recent ones.
  private mutating func count(_ isHit: Bool, key: String, relief: Bool) -> Bool {
    if streaks.count > Self.maxKeys { streaks.removeAll() }
    var streak = streaks[key] ?? Streak()
    defer { streaks[key] = streak }
    if streak.relief > 0 {
      streak.relief -= 1
      return false
    }
    guard isHit else {
      streak.inARow = 0
      return false
    }
    streak.inARow += 1
    if streak.inARow >= hostility.maxInARow { streak = Streak(relief: relief ? hostility.relief : .max) }
    return true
  }
}

extension ReceivedRequest {
  /// The same for every attempt of one delivery.
  fileprivate var identity: String {
    headers["webhook-id"]
      ?? String(body.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
  }
}
