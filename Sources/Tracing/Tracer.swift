internal import Locking
package import Runs
package import Storage
package import Telemetry

/// Turns what the watcher and the dispatcher do into spans of OpenTelemetry, for whoever follows a message through several systems.
///
/// One trace an event: `seen` (from what happened, by the API's clock, to the commit that saw it), below it a `delivery` for each first
/// step (from its commit to its end), below that its `attempt`s and the deliveries of the steps that follow it.
///
/// In: events, attempts and ends, as they are written down. Out: ``Span``s, which ``SpanExporter`` posts to a collector.
/// - Nothing waits for it: a span is put into a queue of ``capacity``, and is dropped and counted when that is full.
/// - Without a tracer nothing is made, and no byte that is sent is another one.
/// - Spans hold ids, names of the rules file, phases and outcomes; no secret, and no text of more than 256 characters.
///
/// Begin reading here, then ``TraceNames`` and ``SpanExporter``.
package final class Tracer: Sendable {
  package static let capacity = 2_048
  /// Spans that are posted together.
  package static let batch = 512

  private let queue = Locked<[Span]>([])
  private let telemetry: Telemetry
  /// The first span has come, or a whole batch is there.
  let bell = WakeUp()

  package init(_ telemetry: Telemetry) {
    self.telemetry = telemetry
  }

  package func record(_ span: Span) {
    let count: Int? = queue.withLock { queue in
      guard queue.count < Self.capacity else { return nil }
      queue.append(span)
      return queue.count
    }
    guard let count else { return telemetry.spans.add(to: .dropped) }
    if count == 1 || count == Self.batch { bell.ring() }
  }

  var count: Int { queue.withLock { $0.count } }

  /// The oldest, at most a batch.
  func take() -> [Span] {
    queue.withLock { queue in
      let taken = Array(queue.prefix(Self.batch))
      queue.removeFirst(taken.count)
      return taken
    }
  }

  func count(_ spans: Int, as fate: SpanFate) { telemetry.spans.add(spans, to: fate) }
}

extension Tracer {
  /// Of the attempt that is about to be made (W3C Trace Context, `traceparent`, version 00, sampled).
  package func traceparent(of delivery: ClaimedDelivery) -> String {
    "00-\(TraceNames.trace(event: delivery.eventID))-\(TraceNames.attempt(delivery.attempt, of: delivery.id))-01"
  }

  /// An event is committed. What causes nothing has no trace.
  package func seen(_ new: NewEvent, at now: Timestamp) {
    let event = new.event
    guard !new.deliveries.isEmpty || !new.digests.isEmpty else { return }
    var rules: [String] = []
    for rule in new.deliveries.map(\.rule) + new.digests.map(\.rule) where !rules.contains(rule) { rules.append(rule) }
    record(
      Span(
        trace: TraceNames.trace(event: event.id), id: TraceNames.seen(event: event.id), parent: nil, "seen",
        from: event.time + (event.eventKind.stay ?? .zero), to: now,
        [
          ("vi.run.id", event.runID.isEmpty ? nil : .text(event.runID)), ("vi.run.phase", .text(event.eventKind.word)),
          ("vi_notify.event.id", .text(event.id)), ("vi_notify.rules", .texts(rules)),
        ]))
  }

  /// One attempt has ended.
  ///
  /// - Parameters:
  ///   - type: of what it went to: `webhook`, `hook`.
  ///   - server: the host that the request went to; nil: it was no HTTP.
  ///   - record: redacted.
  package func attempted(
    _ delivery: ClaimedDelivery, _ record: AttemptRecord, type: String, server: String?, hasFailed: Bool
  ) {
    let isOurs = delivery.destination.destination == nil
    self.record(
      Span(
        trace: TraceNames.trace(event: delivery.eventID), id: TraceNames.attempt(record.number, of: delivery.id),
        parent: TraceNames.delivery(delivery.id, attemptsBefore: delivery.attemptsBefore), "attempt",
        isOurs ? .internal : .client, from: record.startedAt, to: record.finishedAt,
        [
          ("vi_notify.delivery.id", .text(delivery.id)), ("vi_notify.attempt", .number(record.number)),
          ("vi_notify.destination", .text(delivery.destination.name)), ("vi_notify.destination.type", .text(type)),
          ("vi_notify.outcome", .text(record.outcome)), ("server.address", server.map { .text($0) }),
          ("http.response.status_code", server == nil ? nil : record.code.map { .number($0) }),
          ("process.exit.code", type == "hook" ? record.code.map { .number($0) } : nil),
          ("error.type", hasFailed ? .text(record.outcome) : nil),
        ], failure: hasFailed ? record.detail : nil))
  }

  /// A delivery has ended, and that is durable. Nothing is recorded of one that goes on.
  package func settled(_ settled: SettledAttempt, at now: Timestamp) {
    let (delivery, failure): (ClaimedDelivery, String?) = (settled.delivery, settled.settlement.death)
    guard failure != nil || settled.settlement == .delivered else { return }
    let trace = TraceNames.trace(event: delivery.eventID)
    let parent = delivery.parent.map { TraceNames.delivery($0) } ?? TraceNames.seen(event: delivery.eventID)
    record(
      Span(
        trace: trace, id: TraceNames.delivery(delivery.id, attemptsBefore: delivery.attemptsBefore), parent: parent,
        "delivery", from: delivery.attemptsBefore == 0 ? delivery.createdAt : delivery.retryFrom,
        to: settled.record?.finishedAt ?? now,
        [
          ("vi.run.id", Run.isValid(id: delivery.runID) ? .text(delivery.runID) : nil),
          ("vi_notify.event.id", .text(delivery.eventID)), ("vi_notify.delivery.id", .text(delivery.id)),
          ("vi_notify.rule", .text(delivery.rule)), ("vi_notify.action", .text(delivery.action)),
          ("vi_notify.destination", .text(delivery.destination.name)),
          ("vi_notify.attempts", .number(settled.record?.number ?? delivery.attempt - 1)),
          ("vi_notify.status", .text(failure == nil ? "delivered" : "dead")),
        ], failure: failure))
  }
}

extension Settlement {
  /// Why the delivery is dead; nil: it isn't.
  fileprivate var death: String? {
    if case .dead(let reason) = self { reason } else { nil }
  }
}
