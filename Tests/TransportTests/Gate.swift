import Glibc

/// Holds threads until it is opened, for good.
final class Gate: @unchecked Sendable {
  // `@unchecked`: a semaphore is made to be shared, and its address never changes.
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func open() { sem_post(semaphore) }

  func pass() {
    while sem_wait(semaphore) != 0 {}
    sem_post(semaphore)
  }
}
