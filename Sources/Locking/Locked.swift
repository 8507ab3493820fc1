import Glibc

/// A value protected by a pthread mutex.
///
/// This module holds what tasks and threads share: ``Locked`` for state, ``WakeUp`` for "there is news", and
/// ``startThread(_:)`` for work that blocks. It has no queues, timers or actors, and knows nothing of what it protects.
///
/// `Synchronization.Mutex` would do, but ThreadSanitizer doesn't see it on Linux and reports false races.
///
/// `@unchecked`: `value` is accessed only in ``withLock(_:)``, and the mutex's address never changes.
package final class Locked<Value: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  package init(_ value: Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deinitialize(count: 1)
    mutex.deallocate()
  }

  /// Runs `body` while holding the lock. `body` must be short and must not lock again.
  package func withLock<Result: Sendable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
