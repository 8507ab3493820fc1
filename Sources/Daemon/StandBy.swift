internal import Dispatch
internal import Locking
internal import Logging
internal import Runs
internal import Storage
internal import Stores
internal import UnixSignals

/// Opens a state to watch with it. Where another process does that already, and the state allows for it, this one stands by: it tries
/// again until it may, or until a signal ends it.
struct StandBy: Sendable {
  /// Between two tries, a fifth more or less: several that stand by don't come at once.
  private static let pause: Duration = .seconds(1)

  let state: String
  let systemd: Systemd?
  let time: TimeSource
  let log: Logger
  let onWait: @Sendable (StateWait) -> Void

  /// Throws a ``Failure`` with the status `fine` after a signal to end.
  ///
  /// - Parameter waits: false: a state that another process watches with is a failure.
  func open(waits: Bool) async throws(Failure) -> (any StateStore, EarlySignals?) {
    var signals: EarlySignals?
    while true {
      do throws(StorageError) {
        let store = try await attempt()
        if signals != nil {
          log.notice("nobody else watches with this state any more: taking over", metadata: ["state": "\(store.name)"])
        }
        return (store, signals)
      } catch {
        switch error {
        case .held(let name, let holder) where waits:
          if signals == nil {
            signals = await EarlySignals()
            log.notice(
              "another process watches with this state: standing by",
              metadata: ["state": "\(name)", "process": "\(holder)"])
            // Standing by is what this process was started for.
            systemd?.say("READY=1", "STATUS=standing by: process \(holder) watches")
          }
        // It could be opened a moment ago: its server is away.
        case .unusable where signals != nil:
          log.warning("the state can't be opened; standing by goes on", metadata: ["reason": "\(error)"])
        default: throw Failure(error)
        }
      }
      await rest()
      if signals?.endIsWanted == true {
        log.notice("stopping; this process was standing by")
        throw Failure(.fine, "")
      }
    }
  }

  /// On a thread that may wait for the server.
  private func attempt() async throws(StorageError) -> any StateStore {
    let result: Result<any StateStore, StorageError> = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: Result { () throws(StorageError) in try StateStores.open(state, for: .watching, onWait: onWait) })
      }
    }
    return try result.get()
  }

  private func rest() async {
    if systemd?.watchdog != nil { systemd?.say("WATCHDOG=1") }
    try? await time.sleep(Self.pause * Double.random(in: 0.8...1.2))
  }
}

/// Hears the signals to end while nobody else does, from the moment when it is made.
final class EarlySignals: Sendable {
  private let isAsked = Locked(false)
  private let listener = Locked<Task<Void, Never>?>(nil)

  init() async {
    let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint, .sighup])
    let task = Task { [isAsked] in
      for await signal in signals where signal != .sighup {
        let isSecond = isAsked.withLock { isAsked in
          defer { isAsked = true }
          return isAsked
        }
        if isSecond { ProcessEnd.atOnce(afterSignal: signal.rawValue) }
      }
    }
    listener.withLock { $0 = task }
  }

  var endIsWanted: Bool { isAsked.withLock { $0 } }

  /// Hears nothing any more; to be called when somebody else does.
  ///
  /// - Returns: whether a signal to end has come.
  func finish() -> Bool {
    listener.withLock { $0 }?.cancel()
    return endIsWanted
  }
}
