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
}
