import CCurl
import Glibc

// How it works
//
// One thread owns all of libcurl: the multi handle lives on its stack, easy handles in its table. Tasks reach it through the
// mailbox and `curl_multi_wakeup`; it reaches them by resuming their continuation, once, with a `Result`.
// One turn of the loop: drain the mailbox, start the transfers that may start, let libcurl work, settle ended transfers, check
// deadlines, poll. A job that waits for a connection slot is in `HostLimiter`, a running one in `transfers`, never in both.
//
// Life cycle: the first request starts the thread. Closing ends transfers with `.closed` and frees the easy handles, removes the
// waker (from then on no other thread can touch the multi handle), frees the multi handle with its connections, and resumes
// the closers, which join. The thread also resumes cancelled requests, in its next turn.
//
// Costs: all TLS and decompression share one core, and a callback that blocks stops every transfer, so callbacks only copy
// bytes. Bodies are kept in memory. Poll is capped at 100 ms while a transfer runs, because libcurl 7.88.1 loses wake-ups of
// HTTP/2 streams and would sleep for its whole timeout; a silent server therefore costs ten turns a second. libcurl resolves
// names on threads of its own; for one host no more of them run than `HostLimiter` allows.

/// The thread's work. A value on that thread's stack; no part of it is shared.
struct TransferThread: ~Copyable {
  private let mailbox: Mailbox
  private let caFile: String?
  private let maxIdleHandles: Int
  private let routes: ProxyRoutes
  private let multi: UnsafeMutableRawPointer
  private var hosts: HostLimiter
  private var waiting: [UInt64: Job] = [:]
  private var transfers: [UInt64: any Exchange] = [:]
  /// Resumed together at the end of a turn, because each separate resumption would wake another thread.
  private var ended: [(continuation: CheckedContinuation<ResponseResult, Never>, outcome: ResponseResult)] = []
  private var pools: [ConnectionSettings: ConnectionPool] = [:]
  private var lastLook = SuspendingClock.now

  init?(mailbox: Mailbox, configuration: HTTPClient.Configuration) {
    guard isLibcurlReady, let multi = curl_multi_init() else { return nil }
    self.mailbox = mailbox
    self.multi = multi
    caFile = configuration.caFile ?? environment("SSL_CERT_FILE")
    routes = ProxyRoutes(configuration.proxy, environment: environment)
    hosts = HostLimiter(limit: configuration.maximumConnectionsPerHost)
    maxIdleHandles = configuration.maximumConnectionsPerHost
    _ = ccurl_multi_set_connection_cache(multi, max(1, configuration.connectionCache))
    mailbox.hang(Waker(multi: multi))
  }

  deinit {
    mailbox.takeDownBell()
    curl_multi_cleanup(multi)
  }

  mutating func run() {
    while takeMail() {
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      settleEnded()
      giveUpLate()
      resumeEnded()
      guard mailbox.mayRest() else { continue }
      // New handles make libcurl's own timer shorten this.
      curl_multi_poll(multi, nil, 0, transfers.isEmpty && waiting.isEmpty ? 60_000 : 100, nil)
    }
    endAll()
  }

  /// Starts and cancels jobs. The mail must not outlive this call: a job that was cancelled at once would stay alive, with what
  /// its sink holds, until the poll returns.
  ///
  /// - Returns: false if the mailbox is closing.
  private mutating func takeMail() -> Bool {
    let mail = mailbox.drain()
    for job in mail.jobs { admit(job) }
    if mail.isClosing { return false }
    for id in mail.cancelled { settle(id, .failure(.cancelled)) }
    return true
  }

  private mutating func admit(_ job: Job) {
    if hosts.enter(job.id, job.work.origin, job.work.fairnessKey) {
      start(job)
    } else {
      waiting[job.id] = job
    }
  }

  private mutating func start(_ job: Job) {
    var next: Job? = job
    while let job = next {
      do throws(TransportError) {
        let transfer = try exchange(for: job)
        guard curl_multi_add_handle(multi, transfer.easy.raw) == CURLM_OK else { throw .outOfMemory }
        transfers[job.id] = transfer
        return
      } catch {
        ended.append((job.continuation, .failure(error)))
        next = successor(of: job)
      }
    }
  }

  private mutating func exchange(for job: Job) throws(TransportError) -> any Exchange {
    switch job.work {
    case .http(let request):
      let pool = try pool(for: request.connection)
      return try Transfer(job, request, on: pool.take(), proxy: routes.proxy(for: request.url), now: .now)
    case .mail(let mail):
      return try MailTransfer(job, mail, proxy: routes.proxy(for: mail.server), caFile: caFile, now: .now)
    }
  }

  private mutating func pool(for settings: ConnectionSettings) throws(TransportError) -> ConnectionPool {
    if let pool = pools[settings] { return pool }
    let pool = try ConnectionPool(settings, caFile: caFile, maxIdle: maxIdleHandles)
    pools[settings] = pool
    return pool
  }

  /// Frees the slot of `job`.
  ///
  /// - Returns: the job that may use it.
  private mutating func successor(of job: Job) -> Job? {
    hosts.leave(job.work.origin, job.work.fairnessKey).flatMap { waiting.removeValue(forKey: $0) }
  }

  private mutating func settleEnded() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left)?.pointee {
      guard message.msg == CURLMSG_DONE, let easy = message.easy_handle else { continue }
      let id = Transfer.id(of: easy)
      guard let transfer = transfers[id] else { continue }
      settle(id, transfer.outcome(message.data.result, now: .now))
    }
  }

  /// Ends the job with this id. An unknown id is okay: a cancellation may cross its answer.
  private mutating func settle(_ id: UInt64, _ outcome: ResponseResult) {
    if let job = waiting.removeValue(forKey: id) {
      hosts.withdraw(id)
      ended.append((job.continuation, outcome))
    } else if let transfer = transfers.removeValue(forKey: id) {
      curl_multi_remove_handle(multi, transfer.easy.raw)
      if case .http(let request) = transfer.job.work { pools[request.connection]?.giveBack(transfer.easy) }
      ended.append((transfer.job.continuation, outcome))
      if let next = successor(of: transfer.job) { start(next) }
    }
  }

  private mutating func resumeEnded() {
    for (continuation, outcome) in ended { continuation.resume(returning: outcome) }
    ended.removeAll(keepingCapacity: true)
  }

  /// Ends jobs whose deadline has passed. libcurl knows only running transfers, so waiting jobs are checked here. Running ones are
  /// checked as well, a second late, because libcurl has no timeout for a transfer that waits for a connection to a proxy.
  private mutating func giveUpLate() {
    let now = SuspendingClock.now
    guard lastLook.duration(to: now) >= .milliseconds(50) else { return }
    lastLook = now
    for job in waiting.values where job.deadline <= now { giveUp(job, .waiting) }
    for transfer in transfers.values {
      if let end = transfer.bodyDeadline, end <= now {
        giveUp(transfer.job, .answering)
      } else if transfer.job.deadline + .seconds(1) <= now {
        giveUp(transfer.job, transfer.easy.pretransferMicroseconds > 0 ? .answering : .connecting)
      }
    }
  }

  private mutating func giveUp(_ job: Job, _ stage: TransportError.Stage) {
    let error = TransportError.timedOut(host: job.work.host, stage: stage)
    settle(job.id, transfers[job.id]?.outcome(error) ?? .failure(error))
  }

  private mutating func endAll() {
    resumeEnded()
    for job in waiting.values { job.continuation.resume(returning: .failure(.closed)) }
    waiting = [:]
    for transfer in transfers.values {
      curl_multi_remove_handle(multi, transfer.easy.raw)
      transfer.job.continuation.resume(returning: .failure(.closed))
    }
    transfers = [:]
    pools = [:]
  }
}

private let isLibcurlReady = ccurl_global_init() == CURLE_OK

private func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}
