import Testing

@testable import Locking

@Suite struct WakeUpTests {
  @Test func `a ring while nobody waits is kept for the next`() async {
    let bell = WakeUp()
    bell.ring()
    bell.ring()
    await bell.wait()
    await expectStillWaiting(on: bell)
  }

  @Test func `a ring wakes all who wait`() async {
    let bell = WakeUp()
    await withTaskGroup { group in
      for _ in 0..<5 { group.addTask { await bell.wait() } }
      while bell.waiting < 5 { await Task.yield() }
      bell.ring()
      await group.waitForAll()
    }
    await expectStillWaiting(on: bell)
  }

  @Test func `a cancelled wait ends, and leaves the ring to others`() async {
    let bell = WakeUp()
    let cancelled = Task { await bell.wait() }
    let other = Task { await bell.wait() }
    while bell.waiting < 2 { await Task.yield() }
    cancelled.cancel()
    await cancelled.value
    #expect(bell.waiting == 1)
    bell.ring()
    await other.value
  }

  @Test func `a wait in a task that is cancelled already takes no ring`() async {
    let bell = WakeUp()
    bell.ring()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      await bell.wait()
    }
    task.cancel()
    await task.value
    await bell.wait()
  }

  /// The kept ring is spent: who waits now is not woken until somebody rings.
  @Test func `a ring that was kept can be forgotten, and the next one counts`() async {
    let bell = WakeUp()
    bell.ring()
    bell.forget()
    await expectStillWaiting(on: bell)
    bell.ring()
    await bell.wait()
  }

  private func expectStillWaiting(on bell: WakeUp) async {
    let waiter = Task { await bell.wait() }
    while bell.waiting < 1 { await Task.yield() }
    #expect(bell.waiting == 1)
    bell.ring()
    await waiter.value
  }
}
