internal import Locking
internal import Logging
internal import Rules
internal import Runs
internal import Secrets
internal import ServiceLifecycle
internal import Storage
internal import Transport
internal import Watching

/// Tells a monitor of cron jobs (healthchecks and its like) that sweeps succeed: `watch.heartbeat` is asked after each whole sweep, and
/// the same URL with `/fail` behind its path, with the reason as body, once the source has been out of sight for `unreachableAfter`.
/// Whoever waits there notices, too, when we are no more and nothing comes.
///
/// It is a sign of life and no delivery: it is not kept, and what could not be sent is made up for by the next sweep's.
struct HeartbeatService: Service {
  /// Between two looks at what the watcher has seen, and so between two requests.
  private static let pause: Duration = .seconds(1)
  /// After a request that failed, unless something new is to be said.
  private static let rest: Duration = .seconds(10)

  let current: CurrentRuntime
  let resources: Resources
  let pulse: Pulse

  func run() async throws {
    await cancelWhenGracefulShutdown { await beat() }
    try await gracefulShutdown()
  }

  private func beat() async {
    let (time, start) = (resources.clock.system, resources.clock.now)
    while !Task.isCancelled {
      let seen = resources.status.snapshot
      let patience = current.runtime.settings.unreachableAfter
      if let failure = seen.failure {
        if resources.clock.now - (seen.lastWholeSweep ?? start) >= patience { await send(.failed(failure)) }
      } else if let swept = seen.lastWholeSweep {
        await send(.swept(swept))
      }
      try? await time.sleep(Self.pause)
    }
  }

  private func send(_ sign: Pulse.Sign) async {
    let runtime = current.runtime
    let time = resources.clock.system
    guard pulse.isDue(sign, at: time.uptime()) else { return }
    let isTaken = await pulse.send(sign, runtime, resources)
    pulse.note(sign, isTaken: isTaken, nextAt: time.uptime() + Self.rest)
  }
}

/// What was said last to `watch.heartbeat`.
final class Pulse: Sendable {
  enum Sign: Sendable, Equatable {
    /// A whole sweep ended then.
    case swept(Timestamp)
    /// The source is out of sight; why.
    case failed(String)

    /// Report an outage once, even if its reason changes.
    func says(theSameAs other: Sign) -> Bool {
      switch (self, other) {
      case (.failed, .failed): true
      default: self == other
      }
    }
  }

  private struct State {
    var told: Sign?
    /// What could not be told, and until when it is left alone, by the uptime.
    var missed: (sign: Sign, until: Duration)?
  }

  private static let timeout: Duration = .seconds(10)
  private static let maxReason = 1_000
  private let state = Locked(State())

  func isDue(_ sign: Sign, at uptime: Duration) -> Bool {
    state.withLock { state in
      if let told = state.told, sign.says(theSameAs: told) { return false }
      if let missed = state.missed, sign.says(theSameAs: missed.sign) { return missed.until <= uptime }
      return true
    }
  }

  func note(_ sign: Sign, isTaken: Bool, nextAt: Duration) {
    state.withLock { state in
      if isTaken { (state.told, state.missed) = (sign, nil) } else { state.missed = (sign, nextAt) }
    }
  }

  /// - Returns: whether it was answered well. Without `watch.heartbeat` there is nobody to tell.
  func send(_ sign: Sign, _ runtime: Runtime, _ resources: Resources) async -> Bool {
    guard let text = runtime.settings.heartbeat else { return true }
    let secrets = runtime.configuration.secrets
    let fault: String
    do {
      let request = request(sign, to: try secrets.resolve(text, as: .chatURL).revealed, secrets.redactor)
      let response = try await resources.http.send(request)
      if (200..<300).contains(response.status) { return tell(of: nil, resources.log) }
      fault = "it answered \(response.status)"
    } catch {
      if Task.isCancelled { return false }
      fault = secrets.redactor.redact("\(error)")
    }
    return tell(of: fault, resources.log)
  }

  private func request(_ sign: Sign, to url: String, _ redactor: Redactor) -> HTTPRequest {
    switch sign {
    case .swept: return HTTPRequest("GET", url, timeout: Self.timeout, maximumBodyBytes: 1_024, truncatesBody: true)
    case .failed(let why):
      let path = url.prefix { $0 != "?" && $0 != "#" }
      let slash = path.hasSuffix("/") ? "" : "/"
      return HTTPRequest(
        "POST", "\(path)\(slash)fail\(url.dropFirst(path.count))",
        headers: [("Content-Type", "text/plain; charset=utf-8")],
        body: Array(redactor.redact(why).prefix(Self.maxReason).utf8), timeout: Self.timeout, maximumBodyBytes: 1_024,
        truncatesBody: true)
    }
  }

  private let isFailing = Locked(false)

  /// Says when it begins to fail, and when it works again. Its URL is a secret, and isn't named.
  private func tell(of fault: String?, _ log: Logger) -> Bool {
    let changed = isFailing.withLock { isFailing in
      defer { isFailing = fault != nil }
      return isFailing != (fault != nil)
    }
    guard changed else { return fault == nil }
    if let fault {
      log.warning("watch.heartbeat could not be told that we live", metadata: ["reason": "\(fault)"])
    } else {
      log.notice("watch.heartbeat can be told again that we live")
    }
    return fault == nil
  }
}
