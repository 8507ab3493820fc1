import Glibc
import Locking
import TestSupport

/// How a process ended, and everything that it said.
struct End: Sendable {
  enum Status: Sendable, Equatable {
    case exited(Int32)
    case killed(by: Int32)
  }

  let status: Status
  let stdout: [UInt8]
  let stderr: [UInt8]

  /// Nil when a signal ended it.
  var code: Int? { if case .exited(let code) = status { Int(code) } else { nil } }
  var output: String { String(decoding: stdout, as: UTF8.self) }
  var errors: String { String(decoding: stderr, as: UTF8.self) }
}

/// A started vi-notify. It is killed when the task that waits for something of it is cancelled.
final class RunningBinary: Sendable {
  fileprivate struct State: Sendable {
    var stdout: [UInt8] = []
    var stderr: [UInt8] = []
    var end: End.Status?
    var waiters: [Waiter] = []
  }

  fileprivate struct Waiter: Sendable {
    /// Nil waits for the end.
    let text: String?
    let continuation: CheckedContinuation<Void, Never>
  }

  let processID: pid_t
  private let state = Locked(State())

  init(
    _ program: String, _ arguments: [String], environment: [String: String], directory: String
  ) throws {
    let child = try spawn(program, arguments, environment: environment, directory: directory)
    processID = child.processID
    try onThread { [self] in
      listen(child)
      reap()
    }
  }

  /// Does nothing once the process has ended.
  func send(_ signal: Int32) {
    state.withLock { state in
      if state.end == nil { kill(processID, signal) }
    }
  }

  func end() async throws -> End {
    try await wait(for: nil)
    return state.withLock { state in
      End(status: state.end ?? .exited(-1), stdout: state.stdout, stderr: state.stderr)
    }
  }

  /// What it has said on stderr up to now.
  var errors: String { state.withLock { String(decoding: $0.stderr, as: UTF8.self) } }

  /// Returns when `text` stands in what the process said, on whichever stream.
  func says(_ text: String) async throws {
    try await wait(for: text)
    let (isSaid, all) = state.withLock { ($0.says(text), String(decoding: $0.stdout + $0.stderr, as: UTF8.self)) }
    if !isSaid { throw NeverSaid(text: text, instead: all) }
  }

  struct NeverSaid: Error {
    let text: String
    let instead: String
  }

  private func wait(for text: String?) async throws {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isMet = state.withLock { state in
          if state.isMet(text) { return true }
          state.waiters.append(Waiter(text: text, continuation: continuation))
          return false
        }
        if isMet { continuation.resume() }
      }
    } onCancel: {
      send(SIGKILL)
    }
    try Task.checkCancellation()
  }

  /// Until both streams have ended, which is when the process has.
  private func listen(_ child: Spawned) {
    var ends = [child.stdout, child.stderr].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while ends.contains(where: { $0.fd >= 0 }) {
      guard poll(&ends, nfds_t(ends.count), -1) > 0 else { continue }
      for index in ends.indices where ends[index].fd >= 0 && ends[index].revents != 0 {
        let bytes = readOnce(ends[index].fd)
        if bytes.isEmpty {
          close(ends[index].fd)
          ends[index].fd = -1
        }
        change { if index == 0 { $0.stdout += bytes } else { $0.stderr += bytes } }
      }
    }
  }

  /// Its number is given back under the lock, so that `send` can't reach somebody else who got it.
  private func reap() {
    var information = siginfo_t()
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    change { state in
      var status: Int32 = 0
      waitpid(processID, &status, 0)
      let signal = status & 0x7F
      state.end = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(by: signal)
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let due = state.withLock { state in
      body(&state)
      let waiters = state.waiters
      state.waiters = waiters.filter { !state.isMet($0.text) }
      return waiters.filter { state.isMet($0.text) }
    }
    for waiter in due { waiter.continuation.resume() }
  }
}

extension RunningBinary.State {
  func says(_ text: String) -> Bool {
    String(decoding: stdout, as: UTF8.self).contains(text) || String(decoding: stderr, as: UTF8.self).contains(text)
  }

  /// Who waits for words has also waited enough when no more can come.
  func isMet(_ text: String?) -> Bool {
    end != nil || text.map(says) ?? false
  }
}

private func readOnce(_ descriptor: Int32) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
    repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
    count = max(0, count)
  }
}
