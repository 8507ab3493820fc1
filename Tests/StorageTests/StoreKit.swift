import Runs
import Testing

@testable import Storage

func ms(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

extension RunEvent {
  /// An event whose id is made of these three.
  static func of(run: String, _ condition: String = "Failed", at time: Int64 = 1) throws -> RunEvent {
    let entry = #"{"condition":"\#(condition)","lastTransitionTime":\#(time)}"#
    let run = try Run(parsing: Array(#"{"runId":"\#(run)","status":{"conditions":[\#(entry)]}}"#.utf8))
    return RunEvent(
      run, reading: run.reading, previousPhase: nil, origin: .init(organization: "org", endpoint: "https://x.example"))
  }
}

extension NewDelivery {
  static func of(_ id: String, to destination: String = "chat", rule: String = "rule") -> NewDelivery {
    NewDelivery(id: id, rule: rule, destination: destination, content: .event)
  }
}

extension SweepCommit {
  /// One event of a run with deliveries to `chat` that have these ids.
  static func of(run: String, _ ids: String..., eventAt time: Int64 = 1, at now: Int64 = 0) throws -> SweepCommit {
    try of(run: run, ids.map { NewDelivery.of($0) }, eventAt: time, at: now)
  }

  static func of(
    run: String, _ deliveries: [NewDelivery], eventAt time: Int64 = 1, at now: Int64 = 0
  ) throws -> SweepCommit {
    var sweep = SweepCommit(organization: "org", time: ms(now))
    sweep.events = [NewEvent(event: try .of(run: run, at: time), deliveries: deliveries)]
    return sweep
  }
}

extension AttemptRecord {
  static func of(_ claim: ClaimedDelivery, at time: Int64, outcome: String = "delivered") -> AttemptRecord {
    AttemptRecord(number: claim.attempt, startedAt: ms(time), finishedAt: ms(time), outcome: outcome)
  }
}

extension StateStore {
  func claimIDs(_ destination: String = "chat", limit: Int = 100, at now: Int64 = 1_000) async throws -> [String] {
    try await claim(destination: destination, limit: limit, at: ms(now)).map(\.id)
  }

  func claimOne(_ destination: String = "chat", at now: Int64 = 1_000) async throws -> ClaimedDelivery {
    try #require(try await claim(destination: destination, limit: 1, at: ms(now)).first)
  }

  /// The record of one delivery.
  func record(_ id: String) async throws -> DeliveryRecord {
    try #require(try await delivery(id: id)).record
  }
}

/// The error of a call that must fail.
func storageError(_ body: () async throws -> Void) async -> StorageError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? StorageError
  }
}
