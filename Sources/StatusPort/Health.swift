internal import JSONSource
internal import HTTPServing
internal import Runs
internal import Storage
internal import Telemetry

/// Whether the process makes progress (healthy), and whether it does its job (ready).
struct Health {
  enum Question: String {
    case healthy, ready
  }

  /// Signs of life are written every ten seconds.
  private static let silence: Duration = .seconds(60)

  let question: Question
  /// Why not; empty if the answer is yes.
  let reasons: [String]

  /// - Parameter outage: of the state.
  init(
    _ question: Question, _ facts: LiveFacts, _ telemetry: Telemetry, _ time: TimeSource, _ outage: StateOutage?
  ) {
    // Who waits for the state doesn't hang.
    if outage != nil { telemetry.loops.excuse(time) }
    self.question = question
    reasons = question == .healthy ? Self.hanging(telemetry, time) : Self.lacking(facts, telemetry, time, outage)
  }

  private static func hanging(_ telemetry: Telemetry, _ time: TimeSource) -> [String] {
    telemetry.loops.hanging(time).map { loop, busy in
      "the \(loop.word) loop has made no progress for \(busy.words); check the log, then restart vi-notify"
    }
  }

  private static func lacking(
    _ facts: LiveFacts, _ telemetry: Telemetry, _ time: TimeSource, _ outage: StateOutage?
  ) -> [String] {
    var reasons = hanging(telemetry, time)
    // It has its part of the work from the state, and no sweep of its own.
    if facts.follows { return reasons }
    if facts.lastWholeSweep == nil {
      reasons.append("no whole sweep of the Vi API has been read yet" + (facts.failure.map { ": \($0)" } ?? ""))
    }
    if let outage { return reasons + [outage.words] }
    let written = telemetry.stateWritten.value
    let age = time.now() - Timestamp(milliseconds: Int64(written * 1_000))
    if written == 0 {
      reasons.append("nothing has been written into the state yet")
    } else if age > silence {
      reasons.append(
        "the state could not be written for \(age.words); check its disk, and whether another program has locked it")
    }
    return reasons
  }

  /// - Parameter isTrusted: whether the client may see the reasons.
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
