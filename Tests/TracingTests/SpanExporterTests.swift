import Locking
import Logging
import Runs
import Simulator
import Telemetry
import TestSupport
import Testing
import Transport

@testable import Tracing

/// Against a real server, on a clock that stands still.
@Suite(.timeLimit(.minutes(3))) struct SpanExporterTests {
  private struct Kit {
    let simulator = Simulator(scenario: Scenario(runs: []))
    let time = ManualTime()
    let telemetry = Telemetry()
    let lines = LogLines()
    /// How often it went to sleep.
    let sleeps = Locked(0)
    let tracer: Tracer
    let exporter: SpanExporter
    let http = HTTPClient()

    init() async throws {
      try await simulator.start()
      tracer = Tracer(telemetry)
      let settings = try #require(
        try TracingSettings.read([
          "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "\(simulator.endpoint)/inbox/traces",
          "OTEL_EXPORTER_OTLP_HEADERS": "x-key=value",
          // The transport's clock runs, also while all other tests want the processor.
          "OTEL_EXPORTER_OTLP_TIMEOUT": "600000",
        ]).settings)
      let (lines, sleeps, time) = (lines, sleeps, time.source)
      let counted = TimeSource(now: time.now, uptime: time.uptime) {
        sleeps.withLock { $0 += 1 }
        try await time.sleep($0)
      }
      exporter = SpanExporter(
        settings, tracer, http: http, time: counted, log: Logger(label: "test") { _ in lines })
    }

    func record(_ count: Int) {
      for index in 0..<count {
        tracer.record(
          Span(
            trace: TraceNames.trace(event: "e"), id: TraceNames.attempt(index, of: "m"), parent: nil, "\(index)",
            from: ms(1), to: ms(2), []))
      }
    }

    var fates: [UInt64] { SpanFate.allCases.map(telemetry.spans.value) }

    /// Runs the exporter beside `body`, and stops it afterwards.
    func exporting(_ body: () async throws -> Void) async throws {
      async let ending: Void = exporter.run()
      try await body()
      exporter.stop()
      await ending
      await http.close()
      await simulator.stop()
    }

    func spans() throws -> [CollectedSpan] {
      try simulator.inbox("traces").flatMap { try CollectedSpan.read($0.body).spans }
    }
  }

  @Test func `spans go together after five seconds, and what is left at the end goes at once`() async throws {
    let kit = try await Kit()
    try await kit.exporting {
      kit.record(3)
      await kit.time.sleepers(atLeast: 1)
      #expect(kit.time.untilNextWake == .seconds(5) && kit.simulator.inbox("traces").isEmpty)
      kit.time.advance(by: .seconds(5))
      try await kit.simulator.inboxCount("traces", atLeast: 1)
      kit.record(2)
    }
    #expect(try kit.spans().map(\.name) == ["0", "1", "2", "0", "1"])
    let request = try #require(kit.simulator.inbox("traces").first)
    #expect(request.headers["content-type"] == "application/json" && request.headers["x-key"] == "value")
    #expect(kit.fates == [5, 0, 0] && kit.lines.all.isEmpty)
  }

  @Test func `a span that was there before the start begins one pause`() async throws {
    let kit = try await Kit()
    kit.record(1)
    try await kit.exporting {
      while kit.time.untilNextWake != .seconds(5) { await Task.yield() }
      kit.time.advance(by: .seconds(5))
      try await kit.simulator.inboxCount("traces", atLeast: 1)
      #expect(kit.sleeps.withLock { $0 } == 1)
    }
  }

  @Test func `a whole batch doesn't wait, and no request has more than one`() async throws {
    let kit = try await Kit()
    kit.record(2 * Tracer.batch + 1)
    try await kit.exporting {
      try await kit.simulator.inboxCount("traces", atLeast: 2)
      await kit.time.sleepers(atLeast: 1)
    }
    #expect(try kit.simulator.inbox("traces").map { try CollectedSpan.read($0.body).spans.count } == [512, 512, 1])
    #expect(kit.fates == [1_025, 0, 0])
  }

  @Test func `whoever waits for more is woken when a batch is whole`() async throws {
    let kit = try await Kit()
    try await kit.exporting {
      kit.record(1)
      await kit.time.sleepers(atLeast: 1)
      kit.record(Tracer.batch - 1)
      try await kit.simulator.inboxCount("traces", atLeast: 1)
    }
    #expect(kit.fates == [UInt64(Tracer.batch), 0, 0])
  }

  @Test(arguments: [429, 502, 503, 504])
  func `what may succeed later is repeated, as late as is asked for within bounds`(status: Int) async throws {
    let kit = try await Kit()
    kit.simulator.setAnswers(
      [
        .status(status), .status(status, headers: ["Retry-After": "7"]),
        .status(status, headers: ["Retry-After": "900"]),
      ],
      forInbox: "traces")
    kit.record(1)
    try await kit.exporting {
      for wait in [5, 1, 7, 30] {
        await kit.time.sleepers(atLeast: 1)
        #expect(kit.time.untilNextWake == .seconds(wait))
        kit.time.advance(by: .seconds(wait))
      }
      try await kit.simulator.inboxCount("traces", atLeast: 4)
    }
    #expect(kit.fates == [1, 0, 0])
    #expect(Set(kit.simulator.inbox("traces").map(\.body)).count == 1)
  }

  @Test func `a collector that fails for long loses a batch, and is complained of once in five minutes`() async throws {
    let kit = try await Kit()
    kit.simulator.setAnswers([.status(503, times: nil)], forInbox: "traces")
    try await kit.exporting {
      for round in 0..<2 {
        kit.record(2)
        for wait in [5, 1, 2, 4, 8] {
          await kit.time.sleepers(atLeast: 1)
          kit.time.advance(by: .seconds(wait))
        }
        try await kit.simulator.inboxCount("traces", atLeast: 5 * (round + 1))
        while kit.telemetry.spans.value(.failed) != UInt64(2 * (round + 1)) { await Task.yield() }
      }
      #expect(kit.lines.all.count == 1 && kit.lines.all[0].contains("it answered 503"))
      kit.time.advance(by: .seconds(300))
      kit.simulator.setAnswers([.status(400)], forInbox: "traces")
      kit.record(1)
      await kit.time.sleepers(atLeast: 1)
      kit.time.advance(by: .seconds(5))
      while kit.telemetry.spans.value(.failed) != 5 { await Task.yield() }
      kit.record(1)
    }
    #expect(kit.fates == [1, 0, 5])
    #expect(kit.lines.all.count == 3 && kit.lines.all[2].contains("again"))
  }

  @Test func `spans that the collector refuses of those it takes are counted`() async throws {
    let kit = try await Kit()
    kit.simulator.setAnswers(
      [.status(200, body: #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#)], forInbox: "traces")
    kit.record(3)
    try await kit.exporting {}
    #expect(kit.fates == [1, 0, 2])
    #expect(kit.lines.all.first?.contains("refused 2 of 3 spans: too old") == true)
  }

  @Test func `a collector that says nothing holds the end up for two seconds at most`() async throws {
    let kit = try await Kit()
    kit.simulator.setAnswers([.init(.hang, times: nil)], forInbox: "traces")
    kit.record(Tracer.batch + 1)
    async let ending: Void = kit.exporter.run()
    try await kit.simulator.inboxCount("traces", atLeast: 1)
    kit.exporter.stop()
    await kit.time.sleepers(atLeast: 1)
    #expect(kit.time.untilNextWake == .seconds(2))
    kit.time.advance(by: .seconds(2))
    await ending
    #expect(kit.fates == [0, 0, UInt64(Tracer.batch) + 1])
    await kit.http.close()
    await kit.simulator.stop()
  }
}

/// What was logged, with its metadata.
private final class LogLines: LogHandler {
  private let lines = Locked<[String]>([])
  var all: [String] { lines.withLock { $0 } }

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .info }
    set {}
  }
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
  }
}
