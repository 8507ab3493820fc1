import Testing

@testable import Daemon

@Suite struct ReloadWaitersTests {
  @Test func `who comes while the file is read waits for the next read`() {
    var waiters = ReloadWaiters<String>()
    waiters.add("before", as: waiters.takeNumber())
    waiters.beginRead()
    waiters.add("during", as: waiters.takeNumber())
    #expect(waiters.endRead() == ["before"])
    waiters.beginRead()
    #expect(waiters.endRead() == ["during"])
  }

  @Test func `a read that finds nothing new leaves its waiters to the next`() {
    var waiters = ReloadWaiters<String>()
    waiters.add("first", as: waiters.takeNumber())
    waiters.beginRead()
    waiters.add("second", as: waiters.takeNumber())
    waiters.beginRead()
    #expect(waiters.endRead().sorted() == ["first", "second"])
  }

  @Test func `who has given up gets no answer, before the read and during it`() {
    var waiters = ReloadWaiters<String>()
    let (early, late) = (waiters.takeNumber(), waiters.takeNumber())
    waiters.add("early", as: early)
    waiters.beginRead()
    waiters.add("late", as: late)
    #expect(waiters.remove(early) == "early")
    #expect(waiters.remove(late) == "late")
    #expect(waiters.remove(late) == nil)
    waiters.beginRead()
    #expect(waiters.endRead().isEmpty)
  }
}
