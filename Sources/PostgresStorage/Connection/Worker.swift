internal import Dispatch
internal import Locking
internal import Runs

/// A link on a thread of its own, which takes what is to be done there one after the other.
final class Worker: Sendable {
  typealias Job = @Sendable (Link) -> Void

  private struct State {
    var jobs: [Job] = []
    var isClosed = false
  }

  private let state = Locked(State())
  private let bell = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)
  private let makeLink: @Sendable () -> Link
  private let idle: (every: Duration, work: Job)?

  /// - Parameter idle: is done again and again while nothing else is, and before anything when it is time.
  init(idle: (every: Duration, work: Job)? = nil, _ makeLink: @escaping @Sendable () -> Link) {
    (self.idle, self.makeLink) = (idle, makeLink)
  }

  /// - Returns: 0, or why there is no thread.
  func start() -> Int32 {
    startThread { self.live() }
  }

  /// False: the worker has ended.
  @discardableResult
  func add(_ job: @escaping Job) -> Bool {
    let isOpen = state.withLock { state in
      if !state.isClosed { state.jobs.append(job) }
      return !state.isClosed
    }
    if isOpen { bell.signal() }
    return isOpen
  }

  /// Does on the thread what this one waits for; nil: the worker has ended.
  func wait<Value: Sendable>(_ work: @escaping @Sendable (Link) -> Value) -> Value? {
    let (value, done) = (Locked<Value?>(nil), DispatchSemaphore(value: 0))
    let isOpen = add { link in
      let result = work(link)
      value.withLock { $0 = result }
      done.signal()
    }
    guard isOpen else { return nil }
    done.wait()
    return value.withLock { $0 }
  }

  /// Nothing is taken any more. Returns when what was taken is done and the connection closed.
  func close() {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst else { return }
    bell.signal()
    hasEnded.wait()
  }

  private func live() {
    let link = makeLink()
    var next = idle.map { TimeSource.system.uptime() + $0.every }
    while true {
      if let next {
        let left = max(.zero, next - TimeSource.system.uptime())
        _ = bell.wait(timeout: .now() + .milliseconds(Int(clamping: left.milliseconds)))
      } else {
        bell.wait()
      }
      if let idle, let time = next, TimeSource.system.uptime() >= time {
        idle.work(link)
        next = TimeSource.system.uptime() + idle.every
      }
      let (jobs, isClosed) = state.withLock { state in
        defer { state.jobs = [] }
        return (state.jobs, state.isClosed)
      }
      for job in jobs { job(link) }
      if isClosed { break }
    }
    link.drop()
    hasEnded.signal()
  }
}
