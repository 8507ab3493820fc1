internal import Locking

/// An answer of a hostile simulator, as far as it left.
package struct SentAnswer: Sendable {
  package let request: ReceivedRequest
  /// Nil: it was not to an inbox.
  package let inbox: String?
  /// What was done to it.
  package let harm: Harm?
  /// Nil: no head left in whole, or one that nobody reads to its end, so that nobody can know.
  package let status: Int?
  /// The body, too, left in whole, and is the one that an honest inbox sends.
  package let isUsual: Bool
}

extension Simulator {
  /// Changes how much harm is meant from now on; a rate of 0 is none. Only of a simulator that was made hostile.
  package func setHostility(_ hostility: Hostility) {
    state.withLock { $0.harms = HarmBook(hostility) }
  }

  /// How many answers were damaged in each way, since that was last changed.
  package var harmCounts: [Harm: Int] { state.withLock { $0.harms?.counts ?? [:] } }

  /// Answers as ``respond(to:)`` does, with what goes wrong on the way.
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
