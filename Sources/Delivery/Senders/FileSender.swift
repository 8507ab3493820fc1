internal import Dispatch
internal import Locking
internal import Rules

/// Makes one attempt to append a line to a file.
struct FileSender: Sendable {
  /// One for each file, so that a disk that hangs holds up nobody else and lines of ours don't wait for one another's lock.
  private let queues = Locked<[String: DispatchQueue]>([:])

  /// - Parameter timeout: for the lock on the file. Nothing ends a system call that hangs, except that a cancelled task doesn't
  ///   wait for it.
  func attempt(_ line: FileLine, timeout: Duration) async -> AttemptResult {
    let end = SuspendingClock.now + timeout
    let pending = PendingEnd()
    let ending: PendingEnd.Ending = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        pending.hang(continuation)
        queue(of: line.path).async {
          do throws(AppendError) {
            try AppendedFile.append(line.text, to: line.path) { pending.isAwaited && SuspendingClock.now < end }
            pending.end(.written)
          } catch {
            pending.end(.failed(error))
          }
        }
      }
    } onCancel: {
      pending.end(.cancelled)
    }
    switch ending {
    case .written: return AttemptResult(outcome: .delivered, detail: "\(line.text.count + 1) bytes written and synced")
    case .cancelled: return AttemptResult(outcome: .interrupted)
    case .failed(let error): return AttemptResult(outcome: error.outcome, detail: "\(line.path) \(error)")
    }
  }

  private func queue(of path: String) -> DispatchQueue {
    queues.withLock { queues in
      if let queue = queues[path] { return queue }
      // Not above a global queue: that would block the threads of the tasks.
      let queue = DispatchQueue(label: "file")
      queues[path] = queue
      return queue
    }
  }
}

/// What ends first, the work or the wait for it: the other finds nobody.
private final class PendingEnd: Sendable {
  enum Ending: Sendable {
    case written, cancelled
    case failed(AppendError)
  }

  private enum State {
    case fresh
    case awaited(CheckedContinuation<Ending, Never>)
    case ended(Ending)
  }

  private let state = Locked(State.fresh)

  var isAwaited: Bool { state.withLock { if case .ended = $0 { false } else { true } } }

  func hang(_ continuation: CheckedContinuation<Ending, Never>) {
    let ending: Ending? = state.withLock { state in
      if case .ended(let ending) = state { return ending }
      state = .awaited(continuation)
      return nil
    }
    if let ending { continuation.resume(returning: ending) }
  }

  func end(_ ending: Ending) {
    let continuation: CheckedContinuation<Ending, Never>? = state.withLock { state in
      defer { if case .ended = state {} else { state = .ended(ending) } }
      if case .awaited(let continuation) = state { return continuation }
      return nil
    }
    continuation?.resume(returning: ending)
  }
}

extension AppendError {
  fileprivate var outcome: Outcome {
    switch self {
    // Nothing that waits mends a path that was written for something else.
    case .notRegular: .rejected(.notConfigured)
    case .locked, .moving, .system: .retry(.diskFailed, after: nil)
    }
  }
}
