import Rules
import Storage

/// What waits in a state, to see whether another rules file still has what it waits for.
struct WaitingWork {
  private let records: [DeliveryRecord]
  private let digests: [CollectingDigest]

  init(_ store: any StateStore) async throws(StorageError) {
    records = try await store.deliveries(DeliveryFilter(status: .pending))
    digests = try await store.collectingDigests(run: nil)
  }

  func warnings(for file: RuleFile) -> [String] {
    let destinations = Set(file.destinations.map(\.name))
    let rules = Dictionary(file.rules.map { ($0.name, $0.labels) }) { first, _ in first }
    let homeless = Self.counted(
      (records.compactMap(\.destination.destination) + digests.map(\.destination)).filter { !destinations.contains($0) }
    )
    let orphaned = Self.counted((records.map(\.rule) + digests.map(\.rule)).filter { rules[$0] == nil })
    let steps = Self.counted(
      records.filter { record in rules[record.rule].map { !$0.contains(record.action) } ?? false }
        .map { "\($0.action) of rule \($0.rule)" })
    return homeless.map { name, count in
      "\(count) for destination \(name), which this file doesn't have: kept until it is back or their time is over; to send "
        + "them elsewhere: vi-notify deliveries replay --destination \(name) --to NAME"
    }
      + orphaned.map { name, count in
        "\(count) by rule \(name), which this file doesn't have: they go out as it said"
      }
      + steps.map { name, count in "\(count) by step \(name), which this file doesn't have: they go out as it said" }
  }

  private static func counted(_ names: [String]) -> [(String, String)] {
    Dictionary(grouping: names) { $0 }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.count == 1 ? "1 delivery waits" : "\($0.value.count.grouped) deliveries wait") }
  }
}
