internal import Locking

/// One writer and many readers of the same messages (server-sent events). A reader that falls behind is dropped and may reconnect;
/// the writer never waits.
package final class Broadcast: Sendable {
  private struct State {
    var latest: Message?
    var readers: [Int: Subscription] = [:]
    var nextID = 0
    var hasEnded = false
  }

  package struct Message: Sendable {
    /// Unique, also across restarts.
    package let id: String
    /// Without line breaks.
    package let data: [UInt8]

    package init(id: String, data: [UInt8]) {
      (self.id, self.data) = (id, data)
    }

    var bytes: [UInt8] { Array("id: \(id)\nretry: 2000\ndata: ".utf8) + data + Array("\n\n".utf8) }
  }

  private let state = Locked(State())
  private let maxReaders: Int
  private let maxWaiting: Int
  /// Rings when a reader subscribes.
  private let arrivals = WakeUp()

  /// - Parameters:
  ///   - maxReaders: at once.
  ///   - maxWaiting: the messages that a reader may be behind.
  package init(maxReaders: Int = 32, maxWaiting: Int = 8) {
    (self.maxReaders, self.maxWaiting) = (maxReaders, maxWaiting)
  }

  package var readers: Int { state.withLock { $0.readers.count } }

  /// Returns when there is a reader, or when cancelled.
  package func waitForReader() async {
    while readers == 0, !Task.isCancelled { await arrivals.wait() }
  }

  package func publish(_ message: Message) {
    let readers = state.withLock { state in
      state.latest = message
      return Array(state.readers.values)
    }
    for reader in readers { reader.put(message.bytes) }
  }

  /// Nil if there are too many readers. The subscription starts with the latest message unless the reader has seen it.
  package func subscribe(after seen: String?) -> Subscription? {
    let reader: Subscription? = state.withLock { state in
      guard !state.hasEnded, state.readers.count < maxReaders else { return nil }
      state.nextID += 1
      let reader = Subscription(id: state.nextID, of: self, maxWaiting: maxWaiting)
      state.readers[reader.id] = reader
      if let latest = state.latest, latest.id != seen { reader.put(latest.bytes) }
      return reader
    }
    if reader != nil { arrivals.ring() }
    return reader
  }

  package func end() {
    let readers = state.withLock { state in
      state.hasEnded = true
      return Array(state.readers.values)
    }
    for reader in readers { reader.drop() }
  }

  fileprivate func remove(_ id: Int) {
    state.withLock { $0.readers[id] = nil }
  }
}

/// One reader of a ``Broadcast``.
package final class Subscription: Sendable {
  package enum Taken: Sendable, Equatable {
    case nothing
    case bytes([UInt8])
    /// The reader fell behind, or the server stops.
    case end
  }

  private struct State {
    var waiting: [[UInt8]] = []
    var isDropped = false
  }

  fileprivate let id: Int
  private let broadcast: Broadcast
  private let maxWaiting: Int
  private let state = Locked(State())
  private let bell = WakeUp()

  fileprivate init(id: Int, of broadcast: Broadcast, maxWaiting: Int) {
    (self.id, self.broadcast, self.maxWaiting) = (id, broadcast, maxWaiting)
  }

  /// Returns when there is something to take, or when cancelled.
  package func wait() async {
    while case .nothing = peek, !Task.isCancelled { await bell.wait() }
  }

  private var peek: Taken {
    state.withLock { state in
      if state.isDropped { return .end }
      return state.waiting.first.map { .bytes($0) } ?? .nothing
    }
  }

  package func take() -> Taken {
    state.withLock { state in
      if state.isDropped { return .end }
      return state.waiting.isEmpty ? .nothing : .bytes(state.waiting.removeFirst())
    }
  }

  fileprivate func put(_ bytes: [UInt8]) {
    state.withLock { state in
      if state.waiting.count >= maxWaiting { state = State(waiting: [], isDropped: true) }
      if !state.isDropped { state.waiting.append(bytes) }
    }
    bell.ring()
  }

  fileprivate func drop() {
    state.withLock { $0 = State(waiting: [], isDropped: true) }
    bell.ring()
  }

  /// Unsubscribes.
  package func leave() { broadcast.remove(id) }
}
