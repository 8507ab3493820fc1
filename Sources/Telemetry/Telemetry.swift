package import Runs

/// What the program counts about itself: the numbers that an operator watches over days, as log lines are what one reads
/// about a moment.
///
/// Flows in: one call from the watcher and the dispatcher where they decide something. Flows out: ``snapshot``, which whoever
/// shows the numbers reads. This room does no I/O and never waits: a count is one atomic addition.
///
/// - Every series exists from the start, with 0, so that an alert on a rate works before the first failure.
/// - Labels are closed sets of words, or names of the rules file (``NamedCounter``); never a run, a URL or a message: the number of
///   series doesn't grow with what is watched.
/// - Counters never go back within a process, also when the rules file is read anew. A restart begins at 0, which is what a
///   scraper expects of counters.
/// - Moments are exported as timestamps, not as ages, which would stand still with the process.
///
/// A new metric is one line here, and one call where the thing happens: ``snapshot`` finds it by itself. Begin reading at
/// ``Counter``.
package final class Telemetry: Sendable {
  package let sweeps = Counter<SweepResult>("sweeps_total", "Sweeps of the source.")
  package let sweepTime = Histogram("sweep_duration_seconds", "Time from a sweep's first request to its commit.")
  package let lastSweep = Gauge(
    "last_successful_sweep_timestamp_seconds", "The last sweep that succeeded; 0: none has.")
  package let runs = Counter<Phase>("runs_observed_total", "Runs that were seen to enter a phase.")
  package let events = Counter<EventWord>("events_total", "Events committed.")
  package let detectionTime = Histogram(
    "detection_duration_seconds",
    "Time from a run's end, by the source's clock, to the commit of the sweep that saw it.")
  package let rulesFired = NamedCounter("rules_fired_total", "Times that a rule fired, once an event.", by: "rule")
  package let heldBack = Counter<Single>(
    "messages_held_back_total", "Messages that a silence or a cooldown has kept from being sent.")
  package let planned = Counter<Single>("deliveries_planned_total", "Deliveries that sweeps have written.")
  package let attempts: TypedCounter<AttemptResultWord>
  package let attemptTime: TypedHistogram
  package let hookExits = Counter<HookExit>(
    "hook_exits_total",
    "Hooks that ended, by how; those that could not be started or that vi-notify stopped are left out.")
  package let deliveries = Counter<SettledAs>("deliveries_settled_total", "Deliveries that have ended.")
  package let deliveryTime = Histogram(
    "delivery_duration_seconds", "Time from the commit of a delivery to its being delivered, without replays.")
  package let circuits = Counter<CircuitChange>("circuit_changes_total", "Circuits that opened, closed or stopped.")
  package let holds = Counter<Single>("holds_total", "Pauses that destinations asked for.")
  package let spans = Counter<SpanFate>(
    "trace_spans_total", "Spans of traces, by what became of them; none unless traces are exported.")
  package let homeless = Gauge(
    "deliveries_without_destination", "Deliveries that wait for a destination that the rules file does not have.")
  package let reloads = Counter<ReloadResult>("config_reloads_total", "Times that the rules file was read anew.")
  package let isRulesFileInUse = Gauge(
    "config_last_reload_successful", "1: the rules in use are the file's as it was read last; 0: older ones are in use."
  )
  package let rulesFileRead = Gauge(
    "config_last_reload_success_timestamp_seconds", "When the rules in use were read.")
  package let stateWritten = Gauge(
    "state_last_write_timestamp_seconds", "When the watcher last wrote its sign of life into the state; 0: never.")
  package let loops = LoopProgress(
    "loop_last_turn_timestamp_seconds", "When the loop began its last turn; 0: it hasn't begun.")

  /// - Parameter targets: the types of destinations that there are, and what is done on this machine. Their places in this list
  ///   are those that ``attempts`` and ``attemptTime`` are asked by.
  package init(targets: [String] = []) {
    attempts = TypedCounter("attempts_total", "Attempts to deliver.", types: targets)
    attemptTime = TypedHistogram("attempt_duration_seconds", "Time that an attempt to deliver took.", types: targets)
  }

  /// Every series with its value, in the order of their declaration. Values are read one after the other: a sum over two of them
  /// may be off by what happened in between.
  package var snapshot: [Sample] {
    // By reflection: a second list of all metrics would be forgotten at the first addition.
    Mirror(reflecting: self).children.flatMap { ($0.value as? any Metric)?.samples ?? [] }
  }
}
