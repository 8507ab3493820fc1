/// An answer that somebody scripted, for the API (as a ``Fault``) or for an inbox.
package struct ScriptedAnswer: Sendable {
  package enum Reply: Sendable {
    case status(Int, headers: [String: String], body: [UInt8])
    /// What would have been answered anyway; of use with a delay.
    case usual
    case hang
    case reset
    case cutShort
    case slow
    /// A good status and a body that is no JSON: the first half of the usual one.
    case malformed
  }

  package var reply: Reply
  /// Milliseconds of real time before the first byte.
  package var delay: Int64
  /// How many requests get it; nil: every one from then on.
  package var times: Int?

  package init(_ reply: Reply, delay: Int64 = 0, times: Int? = 1) {
    self.reply = reply
    self.delay = delay
    self.times = times
  }

  package static func status(
    _ status: Int, headers: [String: String] = [:], body: String = "", delay: Int64 = 0, times: Int? = 1
  ) -> ScriptedAnswer {
    ScriptedAnswer(.status(status, headers: headers, body: Array(body.utf8)), delay: delay, times: times)
  }

  /// - Parameter usual: makes the answer that would have been given; not called where it isn't needed.
  func answer(insteadOf usual: () -> Answer) -> Answer {
    var answer: Answer
    switch reply {
    case .status(let status, let headers, let body): answer = Answer(status, headers: headers, body: .bytes(body))
    case .usual: answer = usual()
    case .malformed:
      answer = usual()
      answer.body = .bytes(Array(answer.bytes.prefix(answer.bytes.count / 2)))
    case .hang, .reset: answer = Answer(200)
    case .cutShort, .slow: answer = usual()
    }
    answer.manner = reply.manner
    answer.delay = delay
    return answer
  }
}

extension ScriptedAnswer.Reply {
  fileprivate var manner: Answer.Manner {
    switch self {
    case .status, .usual, .malformed: .whole
    case .hang: .hang
    case .reset: .reset
    case .cutShort: .cutShort
    case .slow: .slow
    }
  }
}

/// Something that goes wrong with the API.
package struct Fault: Sendable {
  /// Nil: every kind but the inbox.
  package var on: RequestKind?
  /// So many requests of the kind are let through before.
  package var after: Int
  package var answer: ScriptedAnswer

  package init(on: RequestKind? = nil, after: Int = 0, _ answer: ScriptedAnswer) {
    self.on = on
    self.after = after
    self.answer = answer
  }
}

/// Faults with a count of the requests that each has seen.
struct FaultBook: Sendable {
  private var faults: [(fault: Fault, seen: Int)] = []

  init(_ faults: [Fault]) {
    self.faults = faults.map { ($0, 0) }
  }

  mutating func inject(_ fault: Fault) {
    faults.append((fault, 0))
  }

  /// The answer for the next request of this kind where a fault is due. Where two are, the first wins; both count.
  mutating func next(for kind: RequestKind) -> ScriptedAnswer? {
    var due: ScriptedAnswer?
    for index in faults.indices where faults[index].fault.on ?? kind == kind {
      let (fault, seen) = faults[index]
      faults[index].seen += 1
      let hits = seen - fault.after
      if due == nil, hits >= 0, hits < fault.answer.times ?? .max { due = fault.answer }
    }
    return due
  }
}
