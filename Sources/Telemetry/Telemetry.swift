/// What the program counts about itself: the numbers that an operator watches over days, as log lines are what one reads
/// about a moment.
///
/// Flows in: calls of ``Counter/add(_:to:)`` from the watcher and the dispatcher, where they decide something. Flows out:
/// ``snapshot``, which whoever shows the numbers reads. This room does no I/O, and never waits: a count is one atomic addition.
///
/// - Every series exists from the start, with 0, so that an alert on a rate works before the first failure.
/// - Labels are closed sets of words, never a run, a URL or a message: the number of series is known when the program is built.
/// - Counters never go back within a process. A restart begins at 0, which is what a scraper expects of counters.
///
/// A new counter is one line here, and one call where the thing happens. Begin reading at ``Counter``.
package final class Telemetry: Sendable {
  package let sweeps = Counter<SweepResult>("sweeps_total", "Sweeps of the source.", label: "result")
  package let runEvents = Counter<Single>("run_events_total", "Events committed: transitions, stays, disappearances.")
  package let plannedDeliveries = Counter<Single>("deliveries_planned_total", "Deliveries written by sweeps.")
  package let attempts = Counter<AttemptResultWord>("attempts_total", "Attempts to deliver.", label: "result")
  package let deliveries = Counter<SettledAs>("deliveries_settled_total", "Deliveries that have ended.", label: "as")
  package let circuits = Counter<CircuitChange>(
    "circuit_changes_total", "Circuit breakers of destinations that opened, closed or stopped.", label: "to")

  package init() {}

  /// Every series with its value, in the order of their registration. Values are read one after the other: a sum over two of
  /// them may be off by what happened in between.
  package var snapshot: [Sample] {
    sweeps.samples + runEvents.samples + plannedDeliveries.samples + attempts.samples + deliveries.samples
      + circuits.samples
  }
}

/// One series at one moment.
package struct Sample: Sendable, Equatable {
  /// With the program's prefix, as Prometheus names counters: `vi_notify_attempts_total`.
  package let name: String
  package let help: String
  /// Nil for a counter without labels.
  package let label: String?
  package let labelValue: String
  package let value: UInt64
}
