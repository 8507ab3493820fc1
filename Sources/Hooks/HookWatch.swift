import Glibc

/// Stays with one running hook until nothing of it is left: reads what it writes, stops it when told, clears up behind it.
///
/// It blocks the thread that started the hook, and sends every signal itself: so none can be sent after the leader was reaped.
struct HookWatch {
  private enum Phase {
    case running
    case stopping(HookStop, killAt: ContinuousClock.Instant)
  }

  /// How often the group is looked at where no event tells: members after their leader's end, kernels without pidfd.
  private static let tick: Int32 = 25

  /// Longer graces are as long as this.
  private static let maxGrace: Duration = .seconds(86_400)

  private let group: ProcessGroup
  private let leaderDescriptor: Int32
  private let wake: Int32
  private let grace: Duration
  private let graceWhenInterrupted: Duration
  private var stdout: HookTap
  private var stderr: HookTap
  private var log: HookLog
  private var phase = Phase.running
  private var leaderHasEnded = false
  private var hadToBeKilled = false

  /// - Parameter log: hears lines on the watching thread; while it has not returned nothing is read, and the hook waits.
  init(_ child: HookChild, of hook: Hook, descriptors: HookDescriptors, log: HookLog) {
    group = child.group
    leaderDescriptor = child.descriptor
    wake = descriptors.wake.read
    grace = min(hook.killGrace, Self.maxGrace)
    graceWhenInterrupted = min(hook.interruptGrace, Self.maxGrace)
    stdout = HookTap(.stdout, descriptor: descriptors.stdout.read, log)
    stderr = HookTap(.stderr, descriptor: descriptors.stderr.read, log)
    self.log = log
  }

  /// Returns when the hook has ended and its leader is reaped. Cancelling does not end it: a ``HookStop`` does.
  ///
  /// - Parameter whenKilled: is called after the last signal, before the leader is reaped.
  mutating func run(whenKilled: () -> Void) -> HookResult {
    repeat { lookOnce() } while !isOver()
    var result = HookResult(ending: ending)
    if case .exited(0) = result.ending {} else if case .running = phase { result.leftProcesses = group.hasLivingMember }
    group.send(SIGKILL)
    whenKilled()
    group.reapLeader()
    if leaderDescriptor >= 0 { close(leaderDescriptor) }
    group.waitUntilGone()
    stdout.finish(&log)
    stderr.finish(&log)
    (result.stdout, result.stderr) = (stdout.output, stderr.output)
    return result
  }

  private var ending: HookResult.Ending {
    switch phase {
    case .stopping(.timedOut, _): return .timedOut(killed: hadToBeKilled)
    case .stopping(.interrupted, _): return .interrupted
    case .running: break
    }
    return switch group.leaderEnd {
    case .exited(let code): .exited(code)
    case .signalled(let signal): .signalled(signal)
    case .unknown, nil: .notStarted(reason: .lost)
    }
  }
}

extension HookWatch {
  /// Sleeps until something is to be read, the leader has ended, a stop has come or the grace is over; and sees to it.
  private mutating func lookOnce() {
    let leader = leaderHasEnded ? -1 : leaderDescriptor
    var watched = [stdout.descriptor, stderr.descriptor, wake, leader].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    guard poll(&watched, nfds_t(watched.count), patience) >= 0 else { return }
    if watched[0].revents != 0 { stdout.read(&log) }
    if watched[1].revents != 0 { stderr.read(&log) }
    if watched[3].revents != 0 || leaderDescriptor < 0 { leaderHasEnded = group.leaderEnd != nil }
    if watched[2].revents != 0, let stop = HookStop.receive(from: wake) { begin(stop) }
  }

  /// Milliseconds that nothing needs to be looked at by itself; -1: for ever.
  private var patience: Int32 {
    let limit = leaderHasEnded || leaderDescriptor < 0 ? Self.tick : -1
    guard case .stopping(_, let killAt) = phase else { return limit }
    let left = Int32(max(.zero, killAt - .now) / .milliseconds(1)) + 1
    return limit < 0 ? left : min(limit, left)
  }

  /// TERM for the group, once. CONT, for a stopped process sees no TERM before it goes on.
  private mutating func begin(_ stop: HookStop) {
    guard case .running = phase, group.leaderEnd == nil else { return }
    phase = .stopping(stop, killAt: .now + (stop == .interrupted ? graceWhenInterrupted : grace))
    group.send(SIGTERM)
    group.send(SIGCONT)
  }

  /// A leader that ends by itself ends the hook. Once TERM was sent, the rest of the group has its grace as well: a shell dies
  /// of it at once, and the program it ran may still be putting its things in order.
  private mutating func isOver() -> Bool {
    guard case .stopping(_, let killAt) = phase else { return leaderHasEnded }
    if leaderHasEnded, !group.hasLivingMember { return true }
    hadToBeKilled = ContinuousClock.now >= killAt
    return hadToBeKilled
  }
}
