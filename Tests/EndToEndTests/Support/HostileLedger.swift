import JSONSource
import Locking
import Simulator

/// What the inboxes of a hostile world got and accepted, in the world's own account.
final class HostileLedger: Sendable {
  /// What somebody must be told once.
  struct Message: Hashable, Sendable, CustomStringConvertible {
    let inbox: String
    let run: String
    var description: String { "\(run) → \(inbox)" }
  }

  fileprivate struct Told: Sendable {
    var ids: Set<String> = []
    var attempts = 0
    /// Lives of the watcher in which a yes left in whole, and what had been done to it.
    var lives: [String: String] = [:]
  }

  fileprivate struct Waiter: Sendable {
    let id: Int
    let condition: @Sendable (State) -> Bool
    let continuation: CheckedContinuation<Void, Never>
  }

  fileprivate struct State: Sendable {
    var told: [Message: Told] = [:]
    var ended: Set<String> = []
    var answers = 0
    var wrongs: [String] = []
    var waiters: [Waiter] = []
  }

  private let state = Locked(State())

  /// A request has come to an inbox.
  func arrived(_ inbox: String, _ request: ReceivedRequest) {
    guard let (message, id, isStart) = HostileRequest.read(inbox, request) else {
      return note("\(inbox) got something that is no message: \(request.text.prefix(200))")
    }
    state.withLock { state in
      state.told[message, default: Told()].ids.insert(id)
      state.told[message]?.attempts += 1
      if let yes = state.told[message]?.lives[request.life] {
        state.wrongs.append(
          "\(message) was told again by the process that had got its yes (\(yes)), in \(request.life)")
      }
      if isStart, state.ended.contains(message.run) { state.wrongs.append("\(message) started after its end") }
      if inbox == "hub", !isStart { state.ended.insert(message.run) }
    }
  }

  /// An answer has left, as far as it could.
  func sent(_ answer: SentAnswer) {
    let isYes = answer.inbox.map { means(yes: answer, inbox: $0) } ?? false
    let message = isYes ? HostileRequest.read(answer.inbox ?? "", answer.request)?.message : nil
    change { state in
      state.answers += 1
      let harm = answer.harm?.rawValue ?? "undamaged"
      if let message { state.told[message]?.lives[answer.request.life] = harm }
    }
  }

  /// A webhook's yes is its status; Slack's is the word, unless it is lost on the way.
  private func means(yes answer: SentAnswer, inbox: String) -> Bool {
    guard let status = answer.status, (200..<300).contains(status) else { return false }
    let lostWords: [Harm?] = [.cutBody, .stalledBody, .badGzip, .unknownEncoding, .cutChunks, .badChunks]
    return inbox != "chat" || answer.isUsual || lostWords.contains(answer.harm)
  }

  /// Something that must not be.
  func note(_ wrong: String) {
    state.withLock { $0.wrongs.append(wrong) }
  }

  var wrongs: [String] { state.withLock(\.wrongs) }
  var answers: Int { state.withLock(\.answers) }

  func untold(of messages: Set<Message>) -> [Message] {
    state.withLock { state in messages.filter { state.told[$0]?.lives.isEmpty ?? true } }
  }

  /// Messages that came under more than one id.
  var ambiguous: [Message] { state.withLock { state in state.told.filter { $0.value.ids.count > 1 }.map(\.key) } }

  func ids(of messages: Set<Message>) -> [String] {
    state.withLock { state in messages.flatMap { state.told[$0]?.ids ?? [] } }
  }

  /// Messages told, attempts, and messages that were accepted more than once.
  var numbers: (messages: Int, attempts: Int, repeats: Int) {
    state.withLock { state in
      (
        state.told.count, state.told.values.reduce(0) { $0 + $1.attempts },
        state.told.values.reduce(0) { $0 + max(0, $1.lives.count - 1) }
      )
    }
  }

  /// Returns when so many answers have left, or the time is over.
  func answers(atLeast count: Int, within limit: Duration) async {
    await wait(within: limit) { $0.answers >= count }
  }

  /// Returns when all of them are told, or the time is over.
  func told(_ messages: Set<Message>, within limit: Duration) async {
    await wait(within: limit) { state in messages.allSatisfy { state.told[$0]?.lives.isEmpty == false } }
  }

  private func wait(within limit: Duration, for condition: @escaping @Sendable (State) -> Bool) async {
    await withTaskGroup { group in
      group.addTask { await self.wait(for: condition) }
      // Not to wait for something, but against waiting for ever: the watcher may have ended, or been told to wait.
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }

  private func wait(for condition: @escaping @Sendable (State) -> Bool) async {
    let id = Int.random(in: 0..<Int.max)
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isMet = state.withLock { state in
          if condition(state) || Task.isCancelled { return true }
          state.waiters.append(Waiter(id: id, condition: condition, continuation: continuation))
          return false
        }
        if isMet { continuation.resume() }
      }
    } onCancel: {
      change(wakes: id) { _ in }
    }
  }

  private func change(wakes id: Int? = nil, _ body: (inout State) -> Void) {
    let due = state.withLock { state in
      body(&state)
      let due = state.waiters.filter { $0.id == id || $0.condition(state) }
      state.waiters.removeAll { waiter in due.contains { $0.id == waiter.id } }
      return due
    }
    for waiter in due { waiter.continuation.resume() }
  }
}

private enum HostileRequest {
  /// Nil for what none of the world's rules sends.
  static func read(
    _ inbox: String, _ request: ReceivedRequest
  ) -> (message: HostileLedger.Message, id: String, isStart: Bool)? {
    guard let json = try? request.json else { return nil }
    if inbox == "chat" {
      guard let run = json[text: "text"]?.split(separator: " ").first else { return nil }
      return (HostileLedger.Message(inbox: inbox, run: String(run)), String(run), false)
    }
    guard let id = request.webhookID, let run = json[text: "subject"] ?? json[text: "run"] else { return nil }
    let isStart = json[text: "type"]?.hasSuffix(".running") == true
    return (HostileLedger.Message(inbox: isStart ? "\(inbox), running" : inbox, run: run), id, isStart)
  }
}

extension ReceivedRequest {
  /// Which life of the watcher sent it: a header of webhooks, a part of the chat's path.
  fileprivate var life: String { headers["x-life"] ?? (segments.count > 2 ? segments[2] : "") }
}
