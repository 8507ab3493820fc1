/// A scripted answer, for the API (as a ``Fault``) or for an inbox.
package struct ScriptedAnswer: Sendable {
  package enum Reply: Sendable {
    case status(Int, headers: [String: String], body: [UInt8])
    /// The regular answer; useful with a delay.
    case usual
    case hang
    case reset
    case cutShort
    case slow
    /// A success status with a body that isn't JSON: the first half of the regular one.
    case malformed
  }

  package var reply: Reply
  /// Milliseconds of real time before the first byte.
  package var delay: Int64
  /// The number of requests that get it; nil: all from then on.
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

  /// - Parameter usual: makes the regular answer; called only if needed.
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

/// A fault of the API.
package struct Fault: Sendable {
  /// Nil: every kind except the inbox.
  package var on: RequestKind?
  /// The number of requests of the kind to let through first.
  package var after: Int
  package var answer: ScriptedAnswer

  package init(on: RequestKind? = nil, after: Int = 0, _ answer: ScriptedAnswer) {
    self.on = on
    self.after = after
    self.answer = answer
  }
}

/// Faults, and the number of requests that each has seen.
struct FaultBook: Sendable {
  private var faults: [(fault: Fault, seen: Int)] = []

  init(_ faults: [Fault]) {
    self.faults = faults.map { ($0, 0) }
  }

  mutating func inject(_ fault: Fault) {
    faults.append((fault, 0))
  }

  /// The answer to the next request of this kind if a fault is due. Of two due faults the first wins; both count.
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
