import Dispatch
import Glibc
internal import Locking
internal import Runs
internal import Storage

/// Tells the other processes that there is something to do, and hears it from them: by NOTIFY, so that nobody waits for the next time that
/// he would have asked.
///
/// - It is a bell and no more: what there is to do is in the tables, and is asked for every second in any case.
/// - The server takes one lock for all commits that notify. So our transactions don't notify: another thread does so afterwards, at most once
///   in 10 ms.
/// - Behind a pooler of transactions a session has no owner, so there the channel notifies and doesn't listen. It recognizes a pooler by the
///   backend's number: a pooler gives each client one of its own, which isn't the server process's.
final class NewsChannel: Sendable {
  private static let name = "vi_notify"
  private static let pause: Duration = .milliseconds(10)

  private struct State {
    /// To be told, and not yet on its way.
    var isPending = false
    var isClosed = false
  }

  /// Of this process: what it has told itself is no news.
  private let payload: String
  private let target: PostgresTarget
  private let patience: Patience
  private let board: NewsBoard
  private let teller: Worker
  private let state = Locked(State())
  private let hasEnded = DispatchSemaphore(value: 0)
  /// Written to when the thread that listens is to end.
  private let pipe: (reading: Int32, writing: Int32)

  /// - Throws: `failed`, when the system has no thread or pipe to give.
  init(_ target: PostgresTarget, _ patience: Patience, member: Int64, _ board: NewsBoard) throws(StorageError) {
    (self.target, self.patience, self.board) = (target, patience, board)
    payload = "\(member)"
    teller = Worker { Link(target, writes: true, patience: patience, callTime: .seconds(4)) }
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else {
      throw .failed(state: target.name, why: "the system has no pipe to give (\(errno))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    pipe = (ends[0], ends[1])
    var code = teller.start()
    if code == 0 {
      code = startThread { [self] in listen() }
      if code != 0 { teller.close() }
    }
    guard code == 0 else {
      Glibc.close(pipe.reading)
      Glibc.close(pipe.writing)
      throw .failed(state: target.name, why: "the system has no thread to give (\(code))")
    }
  }

  /// Others have something to do.
  func tell() {
    let isFirst = state.withLock { state in
      defer { state.isPending = true }
      return !state.isPending && !state.isClosed
    }
    guard isFirst else { return }
    teller.add { [state, payload] link in
      poll(nil, 0, Int32(Self.pause.milliseconds))
      state.withLock { $0.isPending = false }
      // They ask anyway.
      _ = try? link.insist(within: .zero) { try $0.run("SELECT pg_notify(\(Self.name), \(payload))") }
    }
  }

  /// - Parameter telling: what this process had is nobody's since now.
  func close(telling: Bool) {
    if telling { tell() }
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst else { return }
    var byte: UInt8 = 0
    write(pipe.writing, &byte, 1)
    teller.close()
    hasEnded.wait()
    Glibc.close(pipe.reading)
    Glibc.close(pipe.writing)
  }

  private var isClosed: Bool { state.withLock { $0.isClosed } }

  private func listen() {
    defer { hasEnded.signal() }
    var backoff = Backoff()
    while !isClosed {
      do {
        let connection = try PostgresConnection(target, writes: true, patience: patience, limit: .seconds(10))
        let backend = try connection.first("SELECT pg_backend_pid()::bigint AS id", of: "backend") {
          try $0.integer("id")
        }
        guard backend == connection.backend else { return }
        try connection.script("LISTEN \(Self.name)")
        backoff = Backoff()
        // Notifications from before this session are lost.
        board.post(.outside)
        while !isClosed {
          if try connection.notifications(or: pipe.reading).contains(where: { $0 != payload }) { board.post(.outside) }
        }
      } catch {
        var entry = pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, Int32(clamping: backoff.next().milliseconds))
      }
    }
  }
}
