import FlyingFox
import FlyingSocks
import Glibc
internal import Locking

/// The simulated Vi API and webhook inbox, on a port of this machine.
///
/// This module plays the other side for `simulate`, `demo` and tests: a scenario and requests flow in, documents, archives and
/// recorded requests flow out. It imports neither `Runs` nor `ViAPI`, so that it can't share their mistakes.
///
/// - The API's state depends only on the scenario, the clock that is passed in and the requests so far; there is no timer.
///   Only scripted delays, slow and hanging answers take real time.
/// - With the same seed, populations and damage are the same.
///
/// It isn't a load generator (the benchmarks have their own servers), and stores nothing. Begin reading with
/// `World/World.swift` (what the API shows), then `HTTP/Routes.swift`.
package final class Simulator: Sendable {
  package typealias Clock = @Sendable () -> Int64

  let state: Locked<State>
  let now: Clock
  /// Serves through ``HostileServer``, so that hostility can be changed later.
  let isHostile: Bool
  private let server = Locked<RunningServer?>(nil)
  private let onArrival: @Sendable (_ inbox: String, ReceivedRequest) -> Void
  private let onSent: @Sendable (SentAnswer) -> Void

  private struct RunningServer: Sendable {
    enum Kind: Sendable {
      case honest(HTTPServer, Task<Void, any Error>)
      case hostile(HostileServer)
    }

    let kind: Kind
    let host: String
    let port: UInt16
  }

  /// - Parameters:
  ///   - now: Unix milliseconds; the scenario's times count from its current value.
  ///   - onArrival: called for every request to an inbox, when it is recorded, on some thread.
  ///   - onSent: called for every answer of a hostile simulator, on the thread that sent it.
  package init(
    scenario: Scenario = Scenario(), now: @escaping Clock = Simulator.systemClock,
    onArrival: @escaping @Sendable (_ inbox: String, ReceivedRequest) -> Void = { _, _ in },
    onSent: @escaping @Sendable (SentAnswer) -> Void = { _ in }
  ) {
    self.now = now
    self.onArrival = onArrival
    self.onSent = onSent
    isHostile = scenario.hostile != nil
    state = Locked(State(scenario, start: now()))
  }

  @Sendable package static func systemClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Starts listening, and returns when the first client may connect.
  ///
  /// - Parameters:
  ///   - host: an IPv4 or IPv6 address, or `localhost`.
  ///   - port: 0 takes a free one.
  package func start(host: String = "127.0.0.1", port: UInt16 = 0) async throws(ListenError) {
    if isHostile { return try startHostile(host: host, port: port) }
    do {
      let listening = Promise<UInt16>()
      let made = try Server.make(
        host: host, port: port, now: now, onListening: { listening.fulfil(.success($0)) },
        respond: { [self] in respond(to: $0) })
      // Outlives this call; `stop` ends it and waits for its end.
      let task = Task {
        do {
          try await made.run()
        } catch {
          listening.fulfil(.failure(error))
          throw error
        }
      }
      let port = try await listening.value()
      server.withLock { $0 = RunningServer(kind: .honest(made, task), host: host, port: port) }
    } catch {
      throw ListenError(error, host: host, port: port)
    }
  }

  private func startHostile(host: String, port: UInt16) throws(ListenError) {
    let made = try HostileServer(host: host, port: port, now: now) { [self] request in
      let (answer, harm, inbox) = damagedAnswer(to: request)
      return (
        answer,
        { [onSent] head, rest in
          onSent(
            SentAnswer(
              request: request, inbox: inbox, harm: harm,
              status: head && answer.isReadable ? answer.status : nil, isUsual: rest && answer.isUsual))
        }
      )
    }
    server.withLock { $0 = RunningServer(kind: .hostile(made), host: host, port: made.port) }
  }

  /// Closes every connection, including hanging ones, and waits until that is done. Does nothing if it isn't listening.
  package func stop() async {
    guard
      let running = server.withLock({ running in
        defer { running = nil }
        return running
      })
    else { return }
    switch running.kind {
    case .hostile(let server): await server.stop()
    case .honest(let server, let task):
      await server.stop(timeout: 0)
      task.cancel()
      _ = await task.result
    }
  }

  /// 0 if the simulator isn't listening.
  package var port: UInt16 { server.withLock { $0?.port ?? 0 } }

  /// `http://127.0.0.1:PORT`, for `DATATURE_VI_API_ENDPOINT`.
  package var endpoint: String {
    let host = server.withLock { $0?.host } ?? "127.0.0.1"
    return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }

  /// Answers without a socket, and records the request.
  package func respond(to request: ReceivedRequest) -> Answer {
    let now = now()
    let (outcome, waiters) = state.withLock { state in
      let outcome = state.answer(request, at: now)
      return (outcome, state.takeSatisfied())
    }
    if let inbox = outcome.inbox { onArrival(inbox, request) }
    for waiter in waiters { waiter.continuation.resume() }
    return outcome.answer
  }
}

/// Why a simulator can't listen.
package enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  case addressInUse(host: String, port: UInt16)
  case notAnAddress(host: String)
  /// Any other error of the system.
  case refused(String)

  package var description: String {
    switch self {
    case .addressInUse(let host, let port): "port \(port) of \(host) is in use by another process"
    case .notAnAddress(let host): "\(host) isn't an IP address"
    case .refused(let text): text
    }
  }

  init(_ error: any Error, host: String, port: UInt16) {
    self =
      switch error as? SocketError {
      // First, because inet_pton leaves errno unchanged.
      case .failed(let type, _, _) where type.hasPrefix("inet_pton"): .notAnAddress(host: host)
      case .failed(_, errno: EADDRINUSE, _): .addressInUse(host: host, port: port)
      case .failed(_, _, let message): .refused(message)
      default: .refused("\(error)")
      }
  }
}
