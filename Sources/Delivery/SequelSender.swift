internal import Rules
internal import Runs
internal import Storage

/// Sends messages that continue others: that take the place of an earlier one of their run, or stand in a thread.
///
/// What a message is called is known from the answer to it. It is remembered in the state, in the same commit as the end of the
/// attempt, and until that is durable here. A kill before it makes the message be posted once more, under the same delivery id.
///
/// - Messages of one series go one after the other, and one that is older than what its message shows is not sent any more:
///   whoever sends an old one again, or fetches something for long, must not undo a newer one.
/// - While nobody knows the first message of a thread, one at a time is sent to it, so that two don't both begin it.
/// - Where what a message continues is gone, it is posted anew, in the same attempt.
actor SequelSender {
  /// So many more are remembered here than can be known and not yet durable (``DispatcherState/maxUnwritten``).
  private static let maxRecent = 1_024

  private let store: any StateStore
  private let turns = Turns()
  private var recent: [String: PostedMessage] = [:]
  /// Keys of ``recent``, the oldest first.
  private var order: [String] = []

  init(store: any StateStore) {
    self.store = store
  }

  /// Sends one message, with what it continues.
  typealias Send = @Sendable (OutgoingSequel) async -> AttemptResult

  /// - Parameters:
  ///   - fingerprint: of the destination. What one destination calls a message means nothing to another.
  /// - Throws: `StorageError`.
  func attempt(
    _ delivery: ClaimedDelivery, _ links: MessageLinks, fingerprint: String, _ send: Send
  ) async throws(StorageError) -> AttemptResult {
    guard delivery.sequel.updates, links.updates else {
      return try await post(delivery, links, fingerprint, series: nil, send)
    }
    let series = RunEvent.digest(
      ["series", fingerprint, delivery.rule, delivery.action, delivery.destination.name, delivery.runID])
    guard await turns.take(series) else { return AttemptResult(outcome: .interrupted) }
    defer { turns.give(series) }
    return try await update(delivery, links, fingerprint, series, send)
  }

  private func update(
    _ delivery: ClaimedDelivery, _ links: MessageLinks, _ fingerprint: String, _ series: String, _ send: Send
  ) async throws(StorageError) -> AttemptResult {
    guard let shown = try await known(series) else {
      return try await post(delivery, links, fingerprint, series: series, send)
    }
    guard shown.rank <= delivery.rank else {
      return AttemptResult(outcome: .delivered, detail: "left out, for its message says something newer already")
    }
    var result = await send(OutgoingSequel(series: series, edits: shown.reference, thread: delivery.sequel.thread))
    guard result.hasVanished else {
      if result.outcome == .delivered {
        remember(PostedMessage(key: series, reference: shown.reference, rank: delivery.rank), in: &result)
      }
      return result
    }
    result = try await post(delivery, links, fingerprint, series: series, send)
    result.detail += ", posted anew, for the message that it was to change is gone"
    return result
  }

  private func post(
    _ delivery: ClaimedDelivery, _ links: MessageLinks, _ fingerprint: String, series: String?, _ send: Send
  ) async throws(StorageError) -> AttemptResult {
    guard let thread = delivery.sequel.thread, links.threads != nil else {
      return finished(await send(OutgoingSequel(series: series)), delivery, series, opening: nil)
    }
    guard links.threads == .ofFirst else {
      return finished(
        await send(OutgoingSequel(series: series, thread: thread)), delivery, series, opening: nil)
    }
    let key = RunEvent.digest(["thread", fingerprint, delivery.destination.name, thread.replacing("\n", with: " ")])
    if let first = try await known(key) {
      let result = await send(OutgoingSequel(series: series, thread: thread, first: first.reference))
      // It is used, and so is remembered for longer.
      if !result.hasVanished { return finished(result, delivery, series, opening: nil, keeping: first) }
    }
    return try await open(thread, key, delivery, series, send)
  }

  /// The first message of a thread, unless another one has become that meanwhile.
  private func open(
    _ thread: String, _ key: String, _ delivery: ClaimedDelivery, _ series: String?, _ send: Send
  ) async throws(StorageError) -> AttemptResult {
    let before = try await known(key)
    guard await turns.take(key) else { return AttemptResult(outcome: .interrupted) }
    defer { turns.give(key) }
    if let first = try await known(key), first.reference != before?.reference {
      let result = await send(OutgoingSequel(series: series, thread: thread, first: first.reference))
      return finished(result, delivery, series, opening: nil, keeping: first)
    }
    return finished(await send(OutgoingSequel(series: series, thread: thread)), delivery, series, opening: key)
  }

  /// - Parameters:
  ///   - key: of the thread that it has begun.
  ///   - first: of its thread.
  private func finished(
    _ result: AttemptResult, _ delivery: ClaimedDelivery, _ series: String?, opening key: String?,
    keeping first: PostedMessage? = nil
  ) -> AttemptResult {
    guard result.outcome == .delivered else { return result }
    var result = result
    if let first { remember(first, in: &result) }
    guard let name = result.name else { return result }
    if let series { remember(PostedMessage(key: series, reference: name, rank: delivery.rank), in: &result) }
    if let key { remember(PostedMessage(key: key, reference: name, rank: delivery.rank), in: &result) }
    return result
  }

  private func known(_ key: String) async throws(StorageError) -> PostedMessage? {
    if let message = recent[key] { return message }
    return try await store.posted(key: key)
  }

  private func remember(_ message: PostedMessage, in result: inout AttemptResult) {
    result.posted.append(message)
    if recent.updateValue(message, forKey: message.key) != nil { order.removeAll { $0 == message.key } }
    order.append(message.key)
    if order.count > Self.maxRecent { recent[order.removeFirst()] = nil }
  }
}

// For tests.
extension SequelSender {
  /// Tasks that wait for their turn.
  var waitingTasks: Int { turns.waiting }
}
