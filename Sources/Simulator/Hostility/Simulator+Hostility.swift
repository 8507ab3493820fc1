internal import Locking

/// An answer of a hostile simulator, as far as it was sent.
package struct SentAnswer: Sendable {
  package let request: ReceivedRequest
  /// Nil: not an inbox.
  package let inbox: String?
  /// How it was damaged.
  package let harm: Harm?
  /// Nil: the head wasn't sent completely, or is too long for clients, so the outcome is unknown.
  package let status: Int?
  /// The body was sent completely, and is the regular one.
  package let isUsual: Bool
}

extension Simulator {
  /// Changes the hostility from now on; a rate of 0 damages nothing. Only for a simulator that was started hostile.
  package func setHostility(_ hostility: Hostility) {
    state.withLock { $0.harms = HarmBook(hostility) }
  }

  /// The number of answers damaged in each way since the last change.
  package var harmCounts: [Harm: Int] { state.withLock { $0.harms?.counts ?? [:] } }

  /// Like ``respond(to:)``, with damage.
  func damagedAnswer(to request: ReceivedRequest) -> (answer: WireAnswer, harm: Harm?, inbox: String?) {
    let kind = World.kind(of: request)
    let segments = request.segments
    let inbox = segments.first == "inbox" && segments.count > 1 ? segments[1] : nil
    let isSteering = segments.isEmpty || segments.first == "simulator"
    let (chosen, maxWait) = state.withLock { state in
      (isSteering ? nil : state.harms?.next(for: request, kind, inbox: inbox), state.harms?.maxWait ?? 0)
    }
    guard let chosen else { return (WireAnswer(respond(to: request), to: request), nil, inbox) }
    let harm = chosen.harm
    var random = chosen.random
    var answer = WireAnswer(harm == .lostRequest ? Answer(200) : respond(to: request), to: request)
    harm.damage(&answer, at: chosen.place, maxWait: maxWait, &random)
    return (answer, harm, inbox)
  }
}
