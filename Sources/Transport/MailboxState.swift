/// What passes between the tasks that send and the thread that works, without lock, thread or libcurl: methods return
/// what has to be done, and ``Mailbox`` does it.
struct MailboxState<Job: Sendable>: Sendable {
  /// Closing is a state and not a message: it can't be overtaken and leaves nothing behind it in the queue.
  enum Phase { case fresh, running, closing, closed }

  enum Admission { case startThread, ring, isAwake, refuse }

  enum Closing { case ring, wait, nothingToDo }

  struct Batch: Sendable {
    var jobs: [Job]
    var cancelled: [UInt64]
    var isClosing: Bool
  }

  private(set) var phase = Phase.fresh
  private var jobs: [Job] = []
  private var cancelled: [UInt64] = []
  private var lastID: UInt64 = 0
  /// The thread sleeps, or is about to, and has not been rung for. A ring costs a system call, and a turn of the thread.
  private var isResting = false

  mutating func issueID() -> UInt64 {
    lastID += 1
    return lastID
  }

  mutating func enqueue(_ job: Job) -> Admission {
    switch phase {
    case .fresh:
      phase = .running
      jobs.append(job)
      return .startThread
    case .running:
      jobs.append(job)
      return wake() ? .ring : .isAwake
    case .closing, .closed:
      return .refuse
    }
  }

  /// The thread could not be started: as if nothing had been enqueued.
  mutating func threadDidNotStart() {
    phase = .fresh
    jobs = []
  }

  /// - Returns: whether the thread has to be woken.
  mutating func cancel(_ id: UInt64) -> Bool {
    switch phase {
    case .running:
      cancelled.append(id)
      return wake()
    case .fresh, .closing, .closed:
      // This is okay: the job has not been enqueued yet, or is about to be ended by closing.
      return false
    }
  }

  mutating func close() -> Closing {
    switch phase {
    case .fresh:
      phase = .closed
      return .nothingToDo
    case .running:
      phase = .closing
      return .ring
    case .closing: return .wait
    case .closed: return .nothingToDo
    }
  }

  /// The thread wants to sleep.
  ///
  /// - Returns: false if something has come meanwhile. After true, the next that comes rings.
  mutating func mayRest() -> Bool {
    isResting = phase == .running && jobs.isEmpty && cancelled.isEmpty
    return isResting
  }

  private mutating func wake() -> Bool {
    defer { isResting = false }
    return isResting
  }

  /// Everything that came since the last time. Jobs come before cancellations, so that a cancellation finds its job.
  mutating func drain() -> Batch {
    isResting = false
    defer {
      jobs.removeAll(keepingCapacity: true)
      cancelled.removeAll(keepingCapacity: true)
    }
    return Batch(jobs: jobs, cancelled: cancelled, isClosing: phase == .closing)
  }

  /// The thread has ended everything and will not look again.
  ///
  /// - Returns: what it never took: nothing after closing, but a thread that has no memory for its handle ends at once.
  mutating func threadDidEnd() -> [Job] {
    phase = .closed
    defer { jobs = [] }
    return jobs
  }
}
