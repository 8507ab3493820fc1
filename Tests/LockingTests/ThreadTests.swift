import Dispatch
import Glibc
import Testing

@testable import Locking

struct ThreadTests {
  @Test func `a thread does what it is given, beside the one that started it`() {
    let (thread, done) = (Locked<UInt?>(nil), DispatchSemaphore(value: 0))
    let code = startThread {
      thread.withLock { $0 = UInt(pthread_self()) }
      done.signal()
    }
    #expect(code == 0)
    done.wait()
    #expect(thread.withLock { $0 } != nil)
    #expect(thread.withLock { $0 } != UInt(pthread_self()))
  }

  /// Each waits until all have begun. Threads of a pool, however it grows, would be too few for as long as the test may take.
  @Test(.timeLimit(.minutes(1))) func `work that blocks takes no thread from other work`() async {
    let (begun, count) = (Barrier(100), 100)
    let done = await withTaskGroup { group in
      for _ in 0..<count {
        group.addTask { if case .success = await onItsOwnThread({ begun.wait() }) { 1 } else { 0 } }
      }
      return await group.reduce(0, +)
    }
    #expect(done == count)
  }
}

/// Lets all go when so many are there.
private final class Barrier: Sendable {
  private let missing: Locked<Int>
  private let bell = DispatchSemaphore(value: 0)

  init(_ count: Int) { missing = Locked(count) }

  func wait() {
    let isLast = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if !isLast { bell.wait() }
    bell.signal()
  }
}
