import Dispatch
import Glibc
import Locking

/// Writes to stderr: synchronously at first, and from the first log line on with a dedicated thread, so that a log that nobody
/// reads, a stopped terminal (^S) or a full disk never blocks work. Lines that can't be written are dropped (``LineQueue``).
final class LineWriter: Sendable {
  private struct State {
    var queue = LineQueue()
    /// Writers no longer wait.
    var isDetached = false
    var isScheduled = false
  }

  private let descriptor: Int32
  private let state = Locked(State())
  private let thread = DispatchQueue(label: "vi-notify.stderr")

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Never waits.
  func log(_ line: String) {
    change { state in
      state.isDetached = true
      state.queue.add(line)
    }
  }

  /// Never waits.
  func show(live line: String) {
    change { state in
      state.isDetached = true
      state.queue.show(live: line)
    }
  }

  /// Waits for the reader, unless there is a log.
  func say(_ line: String) {
    change { $0.queue.addForSure(line) }
  }

  /// Returns when everything is written or the time has passed; at once if nothing waits.
  func flush(within time: Duration) {
    guard state.withLock({ $0.isScheduled }) else { return }
    let isWritten = DispatchSemaphore(value: 0)
    thread.async { isWritten.signal() }
    _ = isWritten.wait(timeout: .now() + .milliseconds(Int(time / .milliseconds(1))))
  }

  private func change(_ body: @Sendable (inout State) -> Void) {
    let (isDetached, isFirst) = state.withLock { state in
      body(&state)
      defer { state.isScheduled = true }
      return (state.isDetached, !state.isScheduled)
    }
    if !isDetached {
      thread.sync { drain() }
    } else if isFirst {
      thread.async { self.drain() }
    }
  }

  private func drain() {
    while let chunk = next() {
      guard writeAll(chunk.bytes, to: descriptor) == 0 else {
        // The next line tries again.
        return state.withLock { state in
          state.queue.drop(chunk)
          state.isScheduled = false
        }
      }
    }
  }

  private func next() -> LineQueue.Chunk? {
    state.withLock { state in
      let chunk = state.queue.take()
      if chunk == nil { state.isScheduled = false }
      return chunk
    }
  }
}

/// - Returns: 0, or the errno.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
    if count >= 0 {
      written += count
    } else if errno == EAGAIN {
      // A process that shares the pipe or terminal may have made it non-blocking.
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&ready, 1, -1)
    } else if errno != EINTR {
      return errno
    }
  }
  return 0
}
