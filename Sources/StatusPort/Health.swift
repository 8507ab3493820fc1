internal import JSONSource
internal import HTTPServing
internal import Runs
internal import Telemetry

/// Whether the process goes on (healthy), and whether it does what it is there for (ready).
struct Health {
  enum Question: String {
    case healthy, ready
  }

  /// Signs of life are written every ten seconds.
  private static let silence: Duration = .seconds(60)

  let question: Question
  /// Why not; empty: yes.
  let reasons: [String]

  init(_ question: Question, _ facts: LiveFacts, _ telemetry: Telemetry, _ time: TimeSource) {
    self.question = question
    reasons = question == .healthy ? Self.hanging(telemetry, time) : Self.lacking(facts, telemetry, time)
  }

  private static func hanging(_ telemetry: Telemetry, _ time: TimeSource) -> [String] {
    telemetry.loops.hanging(time).map { loop, busy in
      "the \(loop.rawValue) loop has been at one turn for \(busy.words); look at the log, and restart it"
    }
  }

  private static func lacking(_ facts: LiveFacts, _ telemetry: Telemetry, _ time: TimeSource) -> [String] {
    var reasons = hanging(telemetry, time)
    if facts.lastWholeSweep == nil {
      reasons.append("no whole sweep of the Vi API has been read yet" + (facts.failure.map { ": \($0)" } ?? ""))
    }
    let written = telemetry.stateWritten.value
    let age = time.now() - Timestamp(milliseconds: Int64(written * 1_000))
    if written == 0 {
      reasons.append("nothing has been written into the state yet")
    } else if age > silence {
      reasons.append("the state could not be written for \(age.words); look at its disk, and at who has it locked")
    }
    return reasons
  }

  /// - Parameter isTrusted: reasons may be given.
  func response(to request: Request, isTrusted: Bool) -> Response {
    let status = reasons.isEmpty ? 200 : 503
    let wantsJSON = request.headers["accept"]?.contains("json") == true || request.query["format"] == "json"
    guard wantsJSON else {
      return .text(reasons.isEmpty ? question.rawValue : "not \(question.rawValue)", status: status)
    }
    let reasons = isTrusted ? reasons : []
    return .json(
      JSONWriter.object { json in
        json.member(question.rawValue, status == 200)
        json.member("reasons") { json in json.array(reasons) { $0.string($1) } }
      }, status: status)
  }
}
