internal import Logging
internal import Runs
internal import Storage

/// Of several processes that share a state one watches. The others do their part of the rest, and each tries to be the next.
struct WatchTurn: Sendable {
  /// Between two tries, a fifth more or less, so that several don't come at once. With the time after which a silent process has lost
  /// what it had (15 s) it is under 20 s until another watches.
  private static let pause: Duration = .seconds(3)

  let resources: Resources
  /// Done once, before the first sweep.
  let begin: @Sendable () async throws(StorageError) -> Void

  /// Returns when this process is the one that watches: at once, if it is.
  func take() async throws {
    let (store, time) = (resources.store, resources.clock.system)
    if store.isWatching { return }
    while true {
      try await time.sleep(Self.pause * Double.random(in: 0.8...1.2))
      guard resources.roles.contains(.watch), try await store.takeWatch() else { continue }
      resources.log.notice(
        "nobody else watches with this state any more: taking over", metadata: ["state": "\(store.name)"])
      try await begin()
      return
    }
  }
}
