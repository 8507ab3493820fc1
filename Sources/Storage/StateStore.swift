package import Runs

/// What was seen of the runs, and what it means: the half of the state that the watcher uses.
///
/// This module says what a state is: the values that are kept, what may be asked of a store, and how it fails. It has no SQL and
/// no path of a state in it; the modules that implement it (`SQLiteStorage`) stand above, and `Stores` opens them by name.
///
/// - In: sweeps (``SweepCommit``), ends of attempts (``SettlementBatch``), questions. Out: what is due (``ClaimedDelivery``),
///   what was done (``DeliveryRecord``, ``RunStory``), ``StorageError``.
/// - Invariants, held by one suite over every store (`Tests/StorageTests`, which a store joins by being listed) and by random
///   lives against a model: an event or delivery that is known is never taken twice; the states are `pending → claimed →
///   delivered | dead` and `claimed → pending`; an end is a compare-and-set; at one destination a run's deliveries go in the
///   order of its events.
/// - What it doesn't do: decide which deliveries there are, when they are sent, or how their moments are shown.
/// - Begin here, then ``Ledger``, ``ClaimedDelivery`` and ``StateClock``.
///
/// Times are passed in. Every call that changes something returns when the change is durable (on the disk, not only in a
/// cache). No call leaves half of its work behind. Throws ``StorageError``.
package protocol LedgerStore: Sendable {
  /// What was last known of every run of an organization, and whether a first whole sweep has been committed for it.
  func ledger(organization: String) async throws(StorageError) -> Ledger

  /// Takes over what a sweep saw, whole or not at all. An event that is known already is left as it is, together with
  /// its deliveries. Returns how many events and deliveries were new.
  func commit(_ sweep: SweepCommit) async throws(StorageError) -> (events: Int, deliveries: Int)

  /// The body of the newest event of a run, JSON; nil when there is none.
  func lastEvent(run: String) async throws(StorageError) -> [UInt8]?

  /// What may keep messages from being sent at this moment.
  func restraints(at now: Timestamp) async throws(StorageError) -> RestraintState
}

/// Where something is due, as of a moment.
package struct DueTargets: Sendable, Equatable {
  /// Those with a pending delivery that is due.
  package var targets: [Target] = []
  /// When the next pending delivery becomes due that isn't yet; nil when none does. One that waits behind another doesn't count.
  package var next: Timestamp?

  package init(_ targets: [Target] = [], next: Timestamp? = nil) { (self.targets, self.next) = (targets, next) }
}

/// Where a delivery stands among those of its destination: the longest due comes first, and of those the first that came.
package struct DuePlace: Sendable, Equatable {
  package let dueAt: Timestamp
  package let sequence: Int64

  package init(dueAt: Timestamp, sequence: Int64) { (self.dueAt, self.sequence) = (dueAt, sequence) }
}

/// What survives a crash: the ledger of runs, the events, and the outbox of deliveries.
package protocol StateStore: LedgerStore, SilenceStore, StatusStore, AuditStore, SharedState {
  /// As the user named it, without a password.
  var name: String { get }

  /// The file of this machine that it is; nil when it is kept elsewhere.
  var file: String? { get }

  /// Nil: it can be reached, as far as is known. Asking waits for nothing.
  var outage: StateOutage? { get }

  /// False: what was read to be sent may not be sent any more before ``confirm()`` has returned, for another process may have taken
  /// over.
  var mayAct: Bool { get }

  /// Returns when what was read to be sent may be sent. Throws `lost` when another process has taken over.
  func confirm() async throws(StorageError)

  /// Where something is due at `now`, and when the next thing will be.
  func dueTargets(at now: Timestamp) async throws(StorageError) -> DueTargets

  /// Reads up to `limit` due deliveries of a destination, the longest due first, and changes nothing: the one process that
  /// delivers remembers itself what it has under way, and passes it as `except`, by sequence. A kill then repeats them
  /// under the same id and attempt number.
  /// A delivery waits for those that earlier events of the same run still have for the same destination.
  ///
  /// - Parameter place: only those that come later in that order; nil: from the first. Whoever reads on through a long backlog need not
  ///   begin with what he has read already: a store may have to step over each of those that have ended since.
  func due(destination: Target, limit: Int, at now: Timestamp, except underWay: Set<Int64>, after place: DuePlace?)
    async throws(StorageError) -> [ClaimedDelivery]

  /// Reads, as ``due(destination:limit:at:except:after:)`` does, the one delivery with which a destination is to be probed: the first
  /// in order, whether or not its back-off is over. Nil when nothing waits, or only what may not go yet for another reason.
  func probe(destination: Target, at now: Timestamp, except underWay: Set<Int64>)
    async throws(StorageError) -> ClaimedDelivery?

  /// Destinations with a pending delivery whose back-off is not over.
  func destinationsBackingOff(at now: Timestamp) async throws(StorageError) -> Set<Target>

  /// Makes pending deliveries due now, whatever they wait for but an earlier event of their run, and asks for their
  /// destinations to be probed; open digests among the ids end now. Returns the ids of the deliveries, the oldest first, then
  /// those of the digests, in alphabetical order; what doesn't wait is left as it is. What is done is recorded, unless it is nothing.
  func hasten(ids: [String], by agent: Agent, at now: Timestamp) async throws(StorageError) -> [String]

  /// Those of the targets that somebody wants to be probed now; nil: of all. Each is returned once.
  func takeProbeRequests(among targets: Set<Target>?) async throws(StorageError) -> Set<Target>

  /// The same, written down: pending → claimed, the attempt counted. For what must not be repeated lightly.
  func claim(destination: Target, limit: Int, at now: Timestamp) async throws(StorageError) -> [ClaimedDelivery]

  /// Ends attempts: → delivered, dead, or pending again; all of the batch or nothing. Throws ``StorageError/notClaimed(_:)``
  /// when one of the deliveries is not in the state in which this attempt took it.
  func settle(_ batch: SettlementBatch, at now: Timestamp) async throws(StorageError) -> SettlementResult

  /// What is remembered of a message (``SettledAttempt/posted``); nil: nothing.
  func posted(key: String) async throws(StorageError) -> PostedMessage?

  /// What was written down of destinations.
  func destinationStates() async throws(StorageError) -> [DestinationState]

  /// The same, after what was reached under another fingerprint has been forgotten. Destinations that aren't named keep
  /// theirs.
  func destinationStates(forgettingAllBut fingerprints: [String: String]) async throws(StorageError)
    -> [DestinationState]

  /// What the clocks showed when something was last written under ``keepClock(_:)``; nil in a state in which nothing ever
  /// happened.
  func savedClock() async throws(StorageError) -> ClockReading?

  /// Moves what is written by as much as the clock was set, and writes down what the clocks show now; all or nothing.
  func reanchor(_ change: ClockChange, to reading: ClockReading) async throws(StorageError)

  /// From now on what `read` says is written down with other things now and then; nil: not at this moment.
  func keepClock(_ read: @escaping @Sendable () -> ClockReading?)

  /// Makes due what waits for nothing: somebody wrote it by a clock that was ahead.
  func hurry(at now: Timestamp) async throws(StorageError)

  /// What quiet hours hold goes when they end, by the clock as it is now. By destination; nil: at once, for none are now.
  func requiet(_ ends: [String: Timestamp?], at now: Timestamp) async throws(StorageError)

  /// How the clock was set, as far back as it matters to pruning.
  func clockHistory() async throws(StorageError) -> ClockHistory

  func forgetClockSteps(olderThan retention: Duration, at now: Timestamp) async throws(StorageError)

  /// Forgets deliveries that were settled before `before`, with their attempts, and the bodies of events that no delivery
  /// carries any more; the ids of events stay, so that none is told of twice. At most `limit` of each, the oldest first. What is
  /// remembered of messages goes when nothing has continued them since `before`.
  /// Returns how many were forgotten; fewer than `limit`: there is nothing more to forget.
  func prune(before: Timestamp, limit: Int) async throws(StorageError) -> Int

  /// claimed → pending for everything that a process left claimed when it was killed and that may be made again; what belongs to
  /// others that live is left. Returns how many.
  func releaseClaims(at now: Timestamp) async throws(StorageError) -> Int

  /// What a process left claimed when it was killed and must not be made again, to be settled.
  func cutOff() async throws(StorageError) -> [ClaimedDelivery]

  /// What a burial leaves: pending deliveries with a continuation, at most ``BulkDeadLetter/limit``.
  func deadLetterBacklog(_ burial: BulkDeadLetter, at now: Timestamp) async throws(StorageError) -> [ClaimedDelivery]

  /// Deliveries that are neither delivered nor dead.
  func unsettledCount() async throws(StorageError) -> Int

  /// How many they are for each destination; none has 0.
  func unsettled() async throws(StorageError) -> [Target: Int]

  /// The newest last.
  func deliveries(_ filter: DeliveryFilter) async throws(StorageError) -> [DeliveryRecord]

  /// How many ``deliveries(_:)`` would return without a limit.
  func deliveryCount(_ filter: DeliveryFilter) async throws(StorageError) -> Int

  /// The first `limit` ids in alphabetical order that begin with `prefix`.
  func ids(_ kind: IdentifierKind, beginning prefix: String, limit: Int) async throws(StorageError) -> [String]

  /// How many deliveries each of these runs has, by status, digests that contain it among them. Runs without any are left out.
  func deliveryCounts(runs: [String]) async throws(StorageError) -> [String: [DeliveryStatus: Int]]

  /// Digests that still collect events, the one that is due first before the others.
  ///
  /// - Parameter run: only those with an event of this run; nil: all.
  func collectingDigests(run: String?) async throws(StorageError) -> [CollectingDigest]

  /// Keeps a rules file under its digest, so that it can be said later why a rule did not fire. It must hold no secret.
  func remember(_ rules: RuleFileCopy, at now: Timestamp) async throws(StorageError)

  /// Nil when there is none with this digest.
  func ruleFile(digest: String) async throws(StorageError) -> [UInt8]?

  /// Everything that is known of a run; nil when nothing is.
  func story(run: String) async throws(StorageError) -> RunStory?

  /// Makes deliveries that are delivered or dead pending again, due at once, under their ids. The time for retries begins
  /// anew, and their destinations are asked to be probed. Returns their ids, the oldest first. What is done is recorded, unless
  /// it is nothing.
  func replay(_ filter: ReplayFilter, by agent: Agent, at now: Timestamp) async throws(StorageError) -> [String]

  /// Makes deliveries that haven't settled or are dead pending for another destination, due at once, under their ids; those
  /// that are delivered as well when the filter names ids or the status. The time for retries begins anew. When the filter
  /// names ids and one of them is unfit, nothing changes. What is done is recorded, unless it is nothing.
  ///
  /// - Parameter type: the other destination's.
  func redirect(_ filter: ReplayFilter, to destination: String, type: String, by agent: Agent, at now: Timestamp)
    async throws(StorageError) -> Redirection

  /// Keeps what a watcher's rules file names, in the place of what the last one's did.
  func note(_ names: KnownNames) async throws(StorageError)

  /// Nil when no watcher has noted any.
  func knownNames() async throws(StorageError) -> KnownNames?

  /// Those of every delivery and digest there is.
  func namesInUse() async throws(StorageError) -> (rules: Set<String>, destinations: Set<String>)

  /// The run was seen once, or something tells of it.
  func knows(run: String) async throws(StorageError) -> Bool

  /// Keeps a watcher's sign of life, in the place of the last one.
  func beat(_ heartbeat: Heartbeat) async throws(StorageError)

  /// Nil: no watcher has given one.
  func heartbeat() async throws(StorageError) -> Heartbeat?

  /// What each target has, by name; `since`: see ``DeliveryTally/recentlyDead``.
  func tally(since moment: Timestamp) async throws(StorageError) -> [DeliveryTally]

  /// Digests whose time is over at `now`, and of each the first `most` events.
  func dueDigests(at now: Timestamp, most: Int) async throws(StorageError) -> [OpenDigest]

  /// What has happened since this was asked last. Returns at once when something has, else when something does or when `limit` is
  /// over; another process is noticed when the time is over at the latest. For one task at a time. The first answer holds
  /// ``StateNews/outside``: what was written before is unknown.
  func news(within limit: Duration, by time: TimeSource) async throws(StorageError) -> StateNews

  /// When the next digest is due; nil when none is open.
  func nextDigest() async throws(StorageError) -> Timestamp?

  /// The digest becomes this delivery. False, and nothing has changed, when more was collected since it was read.
  ///
  /// - Parameter reason: why it can't be delivered; nil when it can.
  func close(
    _ digest: OpenDigest, as delivery: NewDelivery, dead reason: String?, at now: Timestamp
  ) async throws(StorageError) -> Bool

  /// Nil when there is none with this id.
  func delivery(id: String) async throws(StorageError) -> DeliveryDetail?

  /// From now on a write that has to wait for another program is given up soon: we are to end.
  func endSoon()

  /// Lets go of the state, and of what kept other watchers away. Nothing may be asked of it afterwards.
  func close()
}

package struct SettlementResult: Sendable, Equatable {
  /// A delivery that waited for one of these may go now, or a new one is there.
  package var mayHaveFreed = false
  package var buried = 0

  package init(mayHaveFreed: Bool = false, buried: Int = 0) {
    self.mayHaveFreed = mayHaveFreed
    self.buried = buried
  }
}

/// Of a store that nobody else can take over while it is open, and that is never away: a file that another program has locked can
/// still be read.
extension StateStore {
  package var outage: StateOutage? { nil }
  package var mayAct: Bool { true }
  package func confirm() async throws(StorageError) {}
}

extension StateStore {
  package func takeProbeRequests() async throws(StorageError) -> Set<Target> {
    try await takeProbeRequests(among: nil)
  }

  /// Ends one attempt.
  package func settle(
    _ delivery: ClaimedDelivery, as settlement: Settlement, _ attempt: AttemptRecord
  ) async throws(StorageError) {
    let batch = SettlementBatch([SettledAttempt(delivery, settlement, attempt)])
    _ = try await settle(batch, at: attempt.finishedAt)
  }
}

extension StateStore {
  /// Takes over the state for a process with this clock, before anything else is written: what was written by the last one's is
  /// moved. Returns what had happened to it.
  package func adopt(_ clock: StateClock) async throws(StorageError) -> ClockChange {
    let reading = clock.reading
    let change = ClockChange(from: try await savedClock(), to: reading)
    keepClock { clock.keptReading }
    try await reanchor(change, to: reading)
    return change
  }
}
