/// The state between the sending tasks and the thread, without lock, thread or libcurl: methods return actions, and
/// ``Mailbox`` performs them.
struct MailboxState<Job: Sendable>: Sendable {
  /// Closing is a phase, not a message: a message could be overtaken, and could leave jobs behind it in the queue.
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
  /// The thread sleeps or is about to, and has not been woken. Waking it costs a system call and a turn of its loop.
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

  /// The thread could not be started: undoes the enqueue.
  mutating func threadDidNotStart() {
    phase = .fresh
    jobs = []
  }

  /// - Returns: true if the thread must be woken.
  mutating func cancel(_ id: UInt64) -> Bool {
    switch phase {
    case .running:
      cancelled.append(id)
      return wake()
    case .fresh, .closing, .closed:
      // This is okay: the job isn't enqueued yet, or closing is about to end it.
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

  /// Asks whether the thread may sleep.
  ///
  /// - Returns: false if something has arrived. After true, the next arrival wakes the thread.
  mutating func mayRest() -> Bool {
    isResting = phase == .running && jobs.isEmpty && cancelled.isEmpty
    return isResting
  }

  private mutating func wake() -> Bool {
    defer { isResting = false }
    return isResting
  }

  /// Takes everything that has arrived. Jobs come before cancellations, so that a cancellation finds its job.
  mutating func drain() -> Batch {
    isResting = false
    defer {
      jobs.removeAll(keepingCapacity: true)
      cancelled.removeAll(keepingCapacity: true)
    }
    return Batch(jobs: jobs, cancelled: cancelled, isClosing: phase == .closing)
  }

  /// The thread has ended every transfer and will not look again.
  ///
  /// - Returns: the jobs it never took: none after closing, but a thread without memory for its handle ends at once.
  mutating func threadDidEnd() -> [Job] {
    phase = .closed
    defer { jobs = [] }
    return jobs
  }
}
