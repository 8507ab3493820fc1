import CCurl
import Glibc
internal import HTTPSyntax
internal import Locking

typealias ResponseResult = Result<HTTPResponse, TransportError>

/// A request on its way to the thread, and the continuation that receives its result.
final class Job: Sendable {
  enum Work: Sendable {
    case http(CheckedRequest)
    case mail(CheckedMail)
  }

  let id: UInt64
  let work: Work
  let continuation: CheckedContinuation<ResponseResult, Never>
  let deadline: SuspendingClock.Instant

  init(id: UInt64, _ work: Work, continuation: CheckedContinuation<ResponseResult, Never>) {
    self.id = id
    self.work = work
    self.continuation = continuation
    deadline = .now + work.timeout
  }
}

extension Job.Work {
  var timeout: Duration {
    switch self {
    case .http(let request): request.request.timeout
    case .mail(let mail): mail.request.timeout
    }
  }

  /// For error messages.
  var host: String {
    switch self {
    case .http(let request): request.url.host
    case .mail(let mail): mail.server.host
    }
  }

  /// Scheme, host and port.
  var origin: String {
    switch self {
    case .http(let request): request.url.origin
    case .mail(let mail): mail.server.text
    }
  }

  var fairnessKey: String {
    switch self {
    case .http(let request): request.request.fairnessKey
    case .mail(let mail): mail.request.fairnessKey
    }
  }
}

/// Performs what ``MailboxState`` decides: starts, wakes and joins the thread, and hands jobs over.
final class Mailbox: Sendable {
  private struct Inside {
    var state = MailboxState<Job>()
    var waker: Waker?
    var thread: pthread_t?
    var closers: [CheckedContinuation<Void, Never>] = []
  }

  private let configuration: HTTPClient.Configuration
  private let inside = Locked(Inside())

  init(_ configuration: HTTPClient.Configuration) {
    self.configuration = configuration
  }

  func issueID() -> UInt64 {
    inside.withLock { $0.state.issueID() }
  }

  /// Hands `job` to the thread, which will resume it. If that fails, the job is resumed here and the thread never sees it.
  func enqueue(_ job: Job) {
    let refusal: TransportError? = inside.withLock { inside in
      switch inside.state.enqueue(job) {
      case .startThread: return start(&inside)
      case .ring: inside.waker?.ring()
      case .isAwake: break
      case .refuse: return .closed
      }
      return nil
    }
    if let refusal { job.continuation.resume(returning: .failure(refusal)) }
  }

  func cancel(_ id: UInt64) {
    inside.withLock { inside in
      if inside.state.cancel(id) { inside.waker?.ring() }
    }
  }

  /// Resumes `closer` once the thread has ended every transfer, or at once if there is no thread.
  func close(_ closer: CheckedContinuation<Void, Never>) {
    let isDone = inside.withLock { inside in
      switch inside.state.close() {
      case .ring: inside.waker?.ring()
      case .wait: break
      case .nothingToDo: return true
      }
      inside.closers.append(closer)
      return false
    }
    if isDone { closer.resume() }
  }

  /// Joins the thread unless that has happened. After ``close(_:)`` the thread only returns, so this doesn't block.
  func join() {
    let thread = inside.withLock { inside in
      defer { inside.thread = nil }
      return inside.thread
    }
    if let thread { pthread_join(thread, nil) }
  }

  /// Closes from a `deinit`, which can't wait: the thread ends on its own.
  func abandon() {
    let thread = inside.withLock { inside in
      if case .ring = inside.state.close() { inside.waker?.ring() }
      defer { inside.thread = nil }
      return inside.thread
    }
    if let thread { pthread_detach(thread) }
  }

  private func start(_ inside: inout Inside) -> TransportError? {
    switch TransferThread.start(mailbox: self, configuration: configuration) {
    case .success(let thread):
      inside.thread = thread
      return nil
    case .failure(let error):
      inside.state.threadDidNotStart()
      return error
    }
  }
}

/// The thread's side.
extension Mailbox {
  /// From now on others may wake the thread; the first ``drain()`` finds what came before.
  func hang(_ waker: Waker) {
    inside.withLock { $0.waker = waker }
  }

  func drain() -> MailboxState<Job>.Batch {
    inside.withLock { $0.state.drain() }
  }

  func mayRest() -> Bool {
    inside.withLock { $0.state.mayRest() }
  }

  /// After this, no other thread uses the multi handle, so it may be freed.
  func takeDownBell() {
    inside.withLock { $0.waker = nil }
  }

  /// The thread's last call.
  func threadDidEnd() {
    let (orphans, closers) = inside.withLock { inside in
      defer { inside.closers = [] }
      return (inside.state.threadDidEnd(), inside.closers)
    }
    for job in orphans { job.continuation.resume(returning: .failure(.outOfMemory)) }
    for closer in closers { closer.resume() }
  }
}

/// Wakes the thread from its poll.
///
/// `@unchecked`: `curl_multi_wakeup` is the only call that libcurl allows from any thread. It is made only under the mailbox's
/// lock, and the thread removes the waker under the same lock before it frees the handle.
struct Waker: @unchecked Sendable {
  let multi: UnsafeMutableRawPointer

  func ring() {
    curl_multi_wakeup(multi)
  }
}
