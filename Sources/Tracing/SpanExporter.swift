internal import Locking
package import Logging
package import Runs
internal import Telemetry
package import Transport
internal import WireTime

/// Posts spans to a collector, as OTLP over HTTP in JSON, in batches, and repeats what may succeed later.
///
/// It is beside everything else: nobody waits for it, what can't be posted is counted and forgotten, and it says so in the log when that
/// begins and then at most every five minutes.
package final class SpanExporter: Sendable {
  /// From the first span of a batch to its being posted.
  static let pause: Duration = .seconds(5)
  /// For what is left when the process ends.
  static let farewell: Duration = .seconds(2)
  static let betweenComplaints: Duration = .seconds(300)
  static let maxAttempts = 5
  static let longestWait: Duration = .seconds(30)

  private enum Answer {
    /// Of the spans, so many were refused, and why.
    case taken(refused: Int, why: String)
    case refused(String)
    case later(after: Duration?, String)
  }

  private struct State {
    var isStopping = false
    var isFailing = false
    /// When the log was last told, by the uptime.
    var complainedAt: Duration?
  }

  private let settings: TracingSettings
  private let tracer: Tracer
  private let http: HTTPClient
  private let time: TimeSource
  private let log: Logger
  private let state = Locked(State())
  private let stopBell = WakeUp()

  package init(_ settings: TracingSettings, _ tracer: Tracer, http: HTTPClient, time: TimeSource, log: Logger) {
    (self.settings, self.tracer, self.http, self.time, self.log) = (settings, tracer, http, time, log)
  }

  /// Posts until it is stopped, and then what is left, within ``farewell``. Cancelling ends it at once.
  package func run() async {
    await withTaskGroup { group in
      group.addTask { await self.post() }
      group.addTask {
        await self.stopBell.wait()
        try? await self.time.sleep(Self.farewell)
      }
      await group.next()
      group.cancelAll()
    }
    // What was left when the time was over.
    while case let rest = tracer.take(), !rest.isEmpty { tracer.count(rest.count, as: .failed) }
  }

  package func stop() {
    state.withLock { $0.isStopping = true }
    tracer.bell.ring()
    stopBell.ring()
  }

  private var isStopping: Bool { state.withLock { $0.isStopping } }

  private func post() async {
    while !Task.isCancelled {
      if tracer.count == 0 {
        if isStopping { return }
        await tracer.bell.wait()
        continue
      }
      await wait(Self.pause) { self.tracer.count >= Tracer.batch }
      if Task.isCancelled { return }
      await export(tracer.take())
    }
  }

  /// Until so much time is over, something holds, or the end has come.
  private func wait(_ duration: Duration, unless holds: () -> Bool) async {
    let end = time.uptime() + duration
    // The ring of the first span is kept where nobody waited for it. What it tells is known here, and each ring costs a pause begun anew.
    tracer.bell.forget()
    while !isStopping, !Task.isCancelled, !holds(), time.uptime() < end {
      await withTaskGroup { [time, tracer] group in
        group.addTask { try? await time.sleep(end - time.uptime()) }
        group.addTask { await tracer.bell.wait() }
        await group.next()
        group.cancelAll()
      }
    }
  }

  private func export(_ spans: [Span]) async {
    let body = SpanDocument.json(spans, resource: settings.resource)
    var delay: Duration = .seconds(1)
    for attempt in 1...Self.maxAttempts {
      switch await send(body) {
      case .taken(let refused, let why):
        let refused = min(refused, spans.count)
        tracer.count(spans.count - refused, as: .exported)
        tracer.count(refused, as: .failed)
        return refused == 0 ? rejoice() : complain("it refused \(refused) of \(spans.count) spans: \(why)")
      case .refused(let why):
        tracer.count(spans.count, as: .failed)
        return complain(why)
      case .later(let after, let why):
        guard attempt < Self.maxAttempts, !isStopping, !Task.isCancelled else {
          tracer.count(spans.count, as: .failed)
          return complain(why)
        }
        await wait(min(max(after ?? .zero, delay), Self.longestWait)) { false }
        delay *= 2
      }
    }
  }

  private func send(_ body: [UInt8]) async -> Answer {
    let request = HTTPRequest(
      "POST", settings.url, headers: [("Content-Type", "application/json")] + settings.headers, body: body,
      timeout: settings.timeout, maximumBodyBytes: 65_536, truncatesBody: true)
    do throws(TransportError) {
      let response = try await http.send(request)
      switch response.status {
      case 200..<300:
        let refused = SpanDocument.refused(response.body)
        return .taken(refused: refused?.count ?? 0, why: refused?.why ?? "")
      case 429, 502, 503, 504:
        let wait = response.retryAfter(now: time.now().milliseconds, by: .receiver)
        return .later(after: wait?.duration, "it answered \(response.status)")
      default: return .refused("it answered \(response.status)")
      }
    } catch {
      return .later(after: nil, "\(error)")
    }
  }

  private func complain(_ why: String) {
    let now = time.uptime()
    let isTime = state.withLock { state in
      defer { state.isFailing = true }
      if state.isFailing, let last = state.complainedAt, now - last < Self.betweenComplaints { return false }
      state.complainedAt = now
      return true
    }
    guard isTime else { return }
    log.warning(
      "traces can't be exported; what is lost is counted, and deliveries are not affected",
      metadata: ["collector": "\(settings.origin)", "reason": "\(why)"])
  }

  private func rejoice() {
    let wasFailing = state.withLock { state in
      defer { state.isFailing = false }
      return state.isFailing
    }
    if wasFailing { log.notice("traces can be exported again", metadata: ["collector": "\(settings.origin)"]) }
  }
}
