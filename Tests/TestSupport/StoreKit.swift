package import Runs
package import Storage

package func ms(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

extension RunEvent {
  /// An event whose id is made of these three.
  package static func of(run: String, _ condition: String = "Failed", at time: Int64 = 1) throws -> RunEvent {
    let entry = #"{"condition":"\#(condition)","lastTransitionTime":\#(time)}"#
    let run = try Run(parsing: Array(#"{"runId":"\#(run)","status":{"conditions":[\#(entry)]}}"#.utf8))
    return RunEvent(
      run, reading: run.reading, previousPhase: nil, origin: .init(organization: "org", endpoint: "https://x.example"))
  }
}

/// In tests, a plain name is a destination's.
extension Target: ExpressibleByStringLiteral {
  package init(stringLiteral name: String) { self = .destination(name) }

  package static let hook = Target.lane(.hook)
  package static let download = Target.lane(.download)
}

extension StateStore {
  /// From the first on.
  package func due(
    destination: Target, limit: Int, at now: Timestamp, except underWay: Set<Int64>
  ) async throws(StorageError) -> [ClaimedDelivery] {
    try await due(destination: destination, limit: limit, at: now, except: underWay, after: nil)
  }
}

extension NewDelivery {
  package static func of(_ id: String, to destination: Target = "chat", rule: String = "rule") -> NewDelivery {
    NewDelivery(id: id, rule: rule, destination: destination, content: .event)
  }
}

extension SweepCommit {
  /// One event of a run with deliveries to `chat` that have these ids.
  package static func of(run: String, _ ids: String..., eventAt time: Int64 = 1, at now: Int64 = 0) throws
    -> SweepCommit
  {
    try of(run: run, ids.map { NewDelivery.of($0) }, eventAt: time, at: now)
  }

  package static func of(
    run: String, _ deliveries: [NewDelivery], eventAt time: Int64 = 1, at now: Int64 = 0
  ) throws -> SweepCommit {
    var sweep = SweepCommit(organization: "org", time: ms(now))
    sweep.events = [NewEvent(event: try .of(run: run, at: time), deliveries: deliveries)]
    return sweep
  }
}

extension AttemptRecord {
  package static func of(_ claim: ClaimedDelivery, at time: Int64, outcome: String = "delivered") -> AttemptRecord {
    AttemptRecord(number: claim.attempt, startedAt: ms(time), finishedAt: ms(time), outcome: outcome)
  }
}

extension StateStore {
  package func claimIDs(_ destination: Target = "chat", limit: Int = 100, at now: Int64 = 1_000) async throws
    -> [String]
  {
    try await claim(destination: destination, limit: limit, at: ms(now)).map(\.id)
  }

  package func claimOne(_ destination: Target = "chat", at now: Int64 = 1_000) async throws -> ClaimedDelivery {
    guard let first = try await claim(destination: destination, limit: 1, at: ms(now)).first else {
      throw NothingThere("nothing is due at \(destination)")
    }
    return first
  }

  /// The record of one delivery.
  package func record(_ id: String) async throws -> DeliveryRecord {
    guard let detail = try await delivery(id: id) else { throw NothingThere("there is no delivery \(id)") }
    return detail.record
  }
}

/// A test asked for what the store doesn't have.
package struct NothingThere: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// The error of a call that must fail.
package func storageError(_ body: () async throws -> Void) async -> StorageError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? StorageError
  }
}
