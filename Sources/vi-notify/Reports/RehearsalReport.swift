import Daemon
import Rules
import Runs
import Storage

/// What a sweep would have done, for `watch --dry-run`.
struct RehearsalReport {
  private let outcome: Rehearsal.Outcome
  private let configuration: Configuration
  private let time = PeopleTime(now: TimeSource.system.now())

  init(_ outcome: Rehearsal.Outcome, _ configuration: Configuration) {
    (self.outcome, self.configuration) = (outcome, configuration)
  }

  /// Throws if a secret can't be used.
  func print() throws {
    let console = Console.shared
    for new in outcome.events { try print(new) }
    for (target, count) in Dictionary(grouping: outcome.waiting, by: \.destination).mapValues(\.count).sorted(by: {
      $0.key < $1.key
    }) {
      console.print(
        "waiting already for \(target): \(Self.count(count, "delivery", "deliveries")), as vi-notify deliveries list shows"
      )
    }
    let baseline = outcome.isFirst ? "; the runs that exist now become the baseline" : ""
    let sent = outcome.events.reduce(0) { $0 + $1.deliveries.count }
    let events = Self.count(outcome.events.count, "event", "events")
    let deliveries = Self.count(sent, "delivery", "deliveries")
    let active = Self.count(outcome.active, "run", "runs")
    console.print(
      "\(events), \(deliveries) would be made; \(active) still active\(baseline); nothing was sent or written")
  }

  private static func count(_ number: Int, _ one: String, _ many: String) -> String {
    "\(number.grouped) \(number == 1 ? one : many)"
  }

  private func print(_ new: NewEvent) throws {
    let console = Console.shared
    let ids = Set(new.deliveries.map(\.id))
    let trial = try RuleTrial(configuration, on: new.event) { planned in
      ids.contains(planned.id) || new.digests.contains { ($0.rule, $0.action) == (planned.rule, planned.action) }
    }
    let subject = new.event.runID.isEmpty ? "" : "\(new.event.runID) "
    console.print("\(subject)\(new.event.eventKind.word) since \(time.inWords(new.event.time))")
    let fired = trial.verdicts.filter(\.fired)
    for verdict in fired { console.print("  ✓ \(verdict.rule): \(verdict.reason)") }
    if fired.isEmpty { console.print("  no rule fires") }
    for held in new.held { console.print("  – not sent to \(held.destination) (\(held.rule)): \(held.reason)") }
    for delivery in new.deliveries {
      guard let until = delivery.notBefore else { continue }
      console.print("  … to \(delivery.destination) after its quiet hours, \(time.inWords(until))")
    }
    for digest in new.digests {
      console.print(
        "  … to \(digest.destination) in a digest of \(digest.window.words), shown below as if it were alone")
    }
    trial.printOutgoing()
    console.print("")
  }
}
