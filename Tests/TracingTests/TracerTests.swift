import Runs
import Storage
import Stores
import Telemetry
import TestSupport
import Testing

@testable import Tracing

@Suite struct TracerTests {
  private func span(_ name: String, _ attributes: [(key: String, value: Span.Value?)] = []) -> Span {
    Span(trace: "t", id: "i", parent: nil, name, from: ms(2), to: ms(1), attributes)
  }

  @Test func `ids stay the same for ever, and are the ones of their kind`() {
    // `printf 'trace\nevt_1' | sha256sum`
    #expect(TraceNames.trace(event: "evt_1") == "470794fe4097881387c1b4d3fedc59fb")
    #expect(
      TraceNames.attempt(2, of: "msg_1") == "bedee59324ce15ce" && TraceNames.delivery("msg_1") == "7d1637bb0fe09a10")
    let ids = [
      TraceNames.seen(event: "x"), TraceNames.delivery("x"), TraceNames.delivery("x", attemptsBefore: 1),
      TraceNames.attempt(1, of: "x"), TraceNames.attempt(2, of: "x"),
    ]
    #expect(Set(ids).count == ids.count && ids.allSatisfy { $0.utf8.count == 16 })
  }

  @Test func `what doesn't fit into the queue is dropped and counted, and what is there stays`() {
    let telemetry = Telemetry()
    let tracer = Tracer(telemetry)
    for index in 0..<Tracer.capacity + 3 { tracer.record(span("\(index)")) }
    #expect(telemetry.spans.value(.dropped) == 3)
    let first = tracer.take()
    #expect(first.count == Tracer.batch && first.first?.name == "0")
    tracer.record(span("new"))
    var rest: [Span] = []
    while case let more = tracer.take(), !more.isEmpty { rest += more }
    #expect(rest.last?.name == "new" && rest.count == Tracer.capacity - Tracer.batch + 1)
  }

  @Test func `texts and lists are cut, and no span ends before it begins`() {
    let long = String(repeating: "x", count: 5_000)
    let span = span("a", [("a", .text(long)), ("b", .texts(Array(repeating: long, count: 99))), ("c", nil)])
    #expect(span.start == span.end && span.attributes.count == 2)
    guard case .text(let text) = span.attributes[0].value, case .texts(let texts) = span.attributes[1].value else {
      return #expect(Bool(false), "\(span)")
    }
    #expect(text.count == Span.longest && texts.count == Span.most && texts.allSatisfy { $0.count == Span.longest })
  }

  @Test func `the spans of an event are one trace, from what was seen down to each attempt`() async throws {
    let directory = try ScratchDirectory()
    let store = try StateStores.open(directory.path + "/state.sqlite", for: .watching)
    defer { store.close() }
    let tracer = Tracer(Telemetry())
    let event = try RunEvent.of(run: "run_a", at: 5)
    let new = NewEvent(event: event, deliveries: [.of("m1")])
    var sweep = SweepCommit(organization: "org", time: ms(9))
    sweep.events = [new]
    _ = try await store.commit(sweep)
    tracer.seen(new, at: ms(9))
    tracer.seen(NewEvent(event: try .of(run: "run_b"), deliveries: []), at: ms(9))
    let first = try #require(try await store.due(destination: "chat", limit: 1, at: ms(10), except: []).first)
    var step = NewDelivery.of("m2")
    step.link = ChainLink(parent: "m1", .then)
    let record = AttemptRecord(number: 1, startedAt: ms(10), finishedAt: ms(20), outcome: "delivered", code: 204)
    let settled = SettledAttempt(first, .delivered, record, next: [step])
    _ = try await store.settle(SettlementBatch([settled]), at: ms(21))
    tracer.attempted(first, record, type: "webhook", server: "x.example", hasFailed: false)
    tracer.settled(settled, at: ms(21))
    let second = try #require(try await store.due(destination: "chat", limit: 1, at: ms(30), except: []).first)
    #expect(second.id == "m2" && second.parent == "m1")
    let failed = AttemptRecord(
      number: 1, startedAt: ms(30), finishedAt: ms(40), outcome: "clientError", code: 404, detail: "answered 404")
    tracer.attempted(second, failed, type: "webhook", server: "x.example", hasFailed: true)
    tracer.settled(SettledAttempt(second, .dead(reason: "no"), failed), at: ms(41))
    tracer.settled(SettledAttempt(second, .retry(at: ms(99), reason: "no"), failed), at: ms(41))

    let spans = try CollectedSpan.read(SpanDocument.json(tracer.take(), resource: [("service.name", "ä \"x\"")]))
    #expect(spans.resource == ["service.name": "ä \"x\""])
    #expect(spans.spans.map(\.name) == ["seen", "attempt", "delivery", "attempt", "delivery"])
    #expect(Set(spans.spans.map(\.trace)) == [TraceNames.trace(event: event.id)])
    let (seen, one, attempt, two) = (spans.spans[0], spans.spans[2], spans.spans[3], spans.spans[4])
    #expect(seen.parent == nil && one.parent == seen.id && spans.spans[1].parent == one.id)
    #expect(two.parent == one.id && attempt.parent == two.id)
    #expect(seen.start == 5_000_000 && seen.end == 9_000_000 && one.start == 9_000_000 && one.end == 20_000_000)
    #expect(seen.attributes["vi.run.id"] == "run_a" && seen.attributes["vi_notify.rules"] == "rule")
    #expect(attempt.kind == "client" && attempt.failure == "answered 404" && two.failure == "no" && one.failure == nil)
    #expect(
      attempt.attributes["http.response.status_code"] == "404" && attempt.attributes["server.address"] == "x.example")
    #expect(tracer.traceparent(of: second) == "00-\(attempt.trace)-\(attempt.id)-01")
  }
}
