import Glibc

/// Holds every secret that was resolved and strikes it out of text that people or other services will see.
///
/// `@unchecked`: the list is guarded by the lock, and nothing else is mutable.
package final class Redactor: @unchecked Sendable {
  private var secrets: [String] = []
  private let lock: UnsafeMutablePointer<pthread_mutex_t>

  package init() {
    lock = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  /// Shorter values are not struck out: removing every `1` from a log hides nothing and ruins it.
  private static let shortest = 4

  package func add(_ value: String) {
    guard value.utf8.count >= Self.shortest else { return }
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    guard !secrets.contains(value) else { return }
    secrets.append(value)
    // Longest first, so that no secret survives as the rest of a shorter one.
    secrets.sort { $0.utf8.count > $1.utf8.count }
  }

  /// Everything of a URL behind its host is taken for a secret: chat services put their tokens there.
  package func addPath(ofURL url: String) {
    guard let scheme = url.firstRange(of: "://"),
      let slash = url[scheme.upperBound...].firstIndex(where: { "/?".contains($0) })
    else { return }
    let path = url[slash...]
    if path.utf8.count > Self.shortest { add(String(path)) }
    add(String(path.drop { $0 == "/" }))
  }

  package func redact(_ text: String) -> String {
    pthread_mutex_lock(lock)
    let known = secrets
    pthread_mutex_unlock(lock)
    return known.reduce(text) { $0.replacing($1, with: "•••") }
  }
}
