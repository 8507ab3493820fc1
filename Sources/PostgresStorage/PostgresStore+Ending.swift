internal import Runs
internal import Storage

/// How rows become what their attempts have come to. All of a batch go in one statement: a round trip for each would be most of what a
/// delivery costs.
extension PostgresStore {
  /// What came of a batch of attempts.
  struct Ended {
    /// Those whose end counts, in their order: not what was only read and interrupted, nor what somebody has sent elsewhere meanwhile.
    var attempts: [SettledAttempt] = []
    /// Destinations of the batch at which some delivery waits behind another.
    var crowded: Set<String> = []
  }

  static func end(_ attempts: [SettledAttempt], at now: Timestamp, _ database: PostgresConnection) throws -> Ended {
    let counting = attempts.filter { $0.settlement != .interrupted || $0.delivery.claimedAt != nil }
    var ended = Ended()
    for group in oneOfEach(counting) {
      // The second is a statement of its own. In one with the first it would see the state as that began, without what came to wait
      // while that waited for a row; and nobody would let it go.
      let answers = try database.run([ends(group, at: now).kept, crowded(group.map(\.delivery)).kept])
      let sequences = Set(try answers[0].rows(of: "deliveries", by: "sequence") { try $0.integer("sequence") })
      ended.crowded.formUnion(try answers[1].rows(of: "deliveries", by: "name") { try $0.text("name") })
      for settled in group {
        if try sequences.contains(settled.delivery.sequence) || !isElsewhere(settled.delivery, database) {
          ended.attempts.append(settled)
        }
      }
    }
    return ended
  }

  /// A statement changes a row once, and another end of the same delivery comes after it.
  private static func oneOfEach(_ attempts: [SettledAttempt]) -> [[SettledAttempt]] {
    var groups: [[SettledAttempt]] = []
    var seen: Set<Int64> = []
    for settled in attempts {
      if groups.isEmpty || !seen.insert(settled.delivery.sequence).inserted {
        groups.append([])
        seen = [settled.delivery.sequence]
      }
      groups[groups.count - 1].append(settled)
    }
    return groups
  }

  /// Somebody has sent it elsewhere, and its end means nothing to it. Throws when the end can't be explained by that.
  private static func isElsewhere(_ delivery: ClaimedDelivery, _ database: PostgresConnection) throws -> Bool {
    let now = try database.texts(
      "SELECT destination AS name FROM vi_notify.deliveries WHERE sequence = \(delivery.sequence) AND id = \(delivery.id)",
      of: "deliveries"
    ).first
    guard let now, now != delivery.destination.name else { throw StorageError.notClaimed(delivery.id) }
    return true
  }

  /// A compare-and-set: what was only read must still be pending with as many attempts, what was claimed must be so by this
  /// claim, and not by a later one that has the same number. What is kept of the attempts goes with it.
  static func ends(_ attempts: [SettledAttempt], at now: Timestamp) -> Statement {
    let ends = attempts.map { End($0, at: now) }
    let records = attempts.filter { $0.settlement != .interrupted }.compactMap { settled in
      settled.record.map { (delivery: settled.delivery.sequence, record: $0) }
    }
    return """
      WITH ended AS (
        UPDATE vi_notify.deliveries d SET status = e.status, next_attempt_at = e.next_attempt_at, delay = e.delay,
          reason = CASE WHEN e.keeps_reason THEN d.reason ELSE e.reason END, attempts = e.attempts,
          settled_at = e.settled_at, claimed_at = NULL, claimed_by = NULL, waits = false
        FROM unnest(
          \(ends.map(\.delivery.sequence)), \(ends.map(\.delivery.id)), \(ends.map(\.delivery.destination.name)),
          \(ends.map(\.was)), \(ends.map(\.attemptsBefore)), \(ends.map(\.delivery.claimedAt?.milliseconds)),
          \(ends.map(\.status)), \(ends.map(\.next?.milliseconds)), \(ends.map(\.delay)), \(ends.map(\.keepsReason)),
          \(ends.map(\.reason)), \(ends.map(\.attempts)), \(ends.map(\.settledAt?.milliseconds))
        ) AS e (sequence, id, destination, was, attempts_before, claimed_at, status, next_attempt_at, delay, keeps_reason,
          reason, attempts, settled_at)
        WHERE d.sequence = e.sequence AND d.id = e.id AND d.status = e.was AND d.attempts = e.attempts_before
          AND d.claimed_at IS NOT DISTINCT FROM e.claimed_at AND d.destination = e.destination
        RETURNING d.sequence),
      logged AS (
        INSERT INTO vi_notify.attempts (delivery, number, started_at, finished_at, outcome, code, detail, output)
        SELECT l.* FROM unnest(
          \(records.map(\.delivery)), \(records.map { Int64($0.record.number) }),
          \(records.map(\.record.startedAt.milliseconds)), \(records.map(\.record.finishedAt.milliseconds)),
          \(records.map(\.record.outcome)), \(records.map { $0.record.code.map(Int64.init) }),
          \(records.map(\.record.detail)), \(records.map(\.record.output))
        ) AS l (delivery, number, started_at, finished_at, outcome, code, detail, output)
        WHERE l.delivery IN (SELECT sequence FROM ended))
      SELECT sequence FROM ended
      """
  }

  /// What becomes of a row.
  private struct End {
    let delivery: ClaimedDelivery
    /// What the row must be.
    let was: String
    let attemptsBefore: Int64
    var status = DeliveryStatus.pending.rawValue
    var next: Timestamp?
    var delay: String?
    var keepsReason = false
    var reason: String?
    var attempts: Int64
    var settledAt: Timestamp?

    init(_ settled: SettledAttempt, at now: Timestamp) {
      delivery = settled.delivery
      let (isClaimed, attempt) = (delivery.claimedAt != nil, Int64(delivery.attempt))
      was = (isClaimed ? DeliveryStatus.claimed : .pending).rawValue
      attemptsBefore = isClaimed ? attempt : attempt - 1
      // A claim has counted it already.
      attempts = settled.record == nil && !isClaimed ? attempt - 1 : attempt
      let end = settled.record?.finishedAt ?? now
      switch settled.settlement {
      case .delivered: (status, settledAt) = (DeliveryStatus.delivered.rawValue, end)
      case .dead(let why): (status, settledAt, reason) = (DeliveryStatus.dead.rawValue, end, why)
      case .retry(let moment, let why): (next, delay, reason) = (moment, "backoff", why)
      case .deferred(let moment, let why): (next, delay, reason) = (moment, "quiet", why)
      case .interrupted: (next, keepsReason, attempts) = (end, true, attempt - 1)
      }
    }
  }
}
