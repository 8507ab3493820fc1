import Dispatch
import Glibc

/// Stays with one running hook until nothing of it is left: reads what it writes, stops it when told, clears up behind it.
///
/// It blocks a thread of its own, one per running hook, and sends every signal itself: so none can be sent after the leader
/// was reaped, which happens only when this has returned. swift-subprocess's own stream and teardown were not taken: the
/// stream ends when our task is cancelled, just when the hook tells what it still does before it goes, and the teardown
/// leaves the background children of a hook alive.
struct HookWatch {
  struct Report: Sendable {
    /// Why we stopped it; nil when it ended by itself.
    var stop: HookStop?
    var stdout: HookOutput
    var stderr: HookOutput
  }

  private enum Phase {
    case running
    case stopping(HookStop, killAt: ContinuousClock.Instant)
  }

  /// How often the group is looked at where no event tells: members after their leader's end, kernels without pidfd.
  private static let tick: Int32 = 25

  private let group: ProcessGroup
  /// Readable when the leader has ended; -1 before Linux 5.4.
  private let leaderDescriptor: Int32
  private let wake: Int32
  private let grace: Duration
  private let graceWhenInterrupted: Duration
  private var stdout: HookTap
  private var stderr: HookTap
  private var phase = Phase.running
  private var leaderHasEnded = false

  /// - Parameters:
  ///   - grace: from TERM to KILL when the hook's time is up.
  ///   - graceWhenInterrupted: the same when we are stopping ourselves.
  ///   - onLine: is called on the watching thread; while it has not returned nothing is read, and the hook waits.
  init(
    group: ProcessGroup, leaderDescriptor: Int32, descriptors: borrowing HookDescriptors, grace: Duration,
    graceWhenInterrupted: Duration, onLine: @escaping @Sendable (HookStream, String) -> Void
  ) {
    self.group = group
    self.leaderDescriptor = leaderDescriptor
    self.wake = descriptors.wake.read
    self.grace = grace
    self.graceWhenInterrupted = graceWhenInterrupted
    stdout = HookTap(descriptor: descriptors.stdout.read) { onLine(.stdout, $0) }
    stderr = HookTap(descriptor: descriptors.stderr.read) { onLine(.stderr, $0) }
  }

  /// Watches on a thread of its own. Cancelling does not end it: a ``HookStop`` does.
  ///
  /// Dispatch gives out 255 such threads; from there on a hook is started at once but watched, and so stopped, only when
  /// another has ended.
  consuming func run() async -> Report {
    let watch = self
    return await withCheckedContinuation { continuation in
      DispatchQueue(label: "hook").async {
        var watch = watch
        continuation.resume(returning: watch.watch())
      }
    }
  }

  private mutating func watch() -> Report {
    repeat {
      wait()
      stdout.read()
      stderr.read()
      if let stop = HookStop.receive(from: wake) { begin(stop) }
    } while !isOver()
    group.send(SIGKILL)
    group.waitUntilGone()
    stdout.finish()
    stderr.finish()
    guard case .stopping(let stop, _) = phase else {
      return Report(stop: nil, stdout: stdout.output, stderr: stderr.output)
    }
    return Report(stop: stop, stdout: stdout.output, stderr: stderr.output)
  }
}

extension HookWatch {
  /// Sleeps until something is to be read, the leader has ended, a stop has come or the grace is over.
  private func wait() {
    let leader = leaderHasEnded ? -1 : leaderDescriptor
    var watched = [stdout.descriptor, stderr.descriptor, wake, leader].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    var limit: Int32 = leader < 0 ? Self.tick : -1
    if case .stopping(_, let killAt) = phase {
      let left = (killAt - .now).components
      let milliseconds = Int32(max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
      limit = limit < 0 ? milliseconds : min(limit, milliseconds)
    }
    poll(&watched, nfds_t(watched.count), limit)
  }

  /// TERM for the group, once. CONT, for a stopped process sees no TERM before it goes on.
  private mutating func begin(_ stop: HookStop) {
    guard case .running = phase, !group.leaderHasEnded else { return }
    phase = .stopping(stop, killAt: .now + (stop == .interrupted ? graceWhenInterrupted : grace))
    group.send(SIGTERM)
    group.send(SIGCONT)
  }

  /// A leader that ends by itself ends the hook. Once TERM was sent, the rest of the group has its grace as well: a shell dies
  /// of it at once, and the program it ran may still be putting its things in order.
  private mutating func isOver() -> Bool {
    leaderHasEnded = leaderHasEnded || group.leaderHasEnded
    guard case .stopping(_, let killAt) = phase else { return leaderHasEnded }
    if ContinuousClock.now < killAt { return leaderHasEnded && !group.hasLivingMember }
    return true
  }
}
