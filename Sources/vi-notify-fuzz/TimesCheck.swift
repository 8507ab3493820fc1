import Runs
import Transport
import WireTime

/// Foreign times and numbers: whatever is written, what we make of it is bounded, and the ways of reading it agree.
struct TimesCheck: FuzzCheck {
  private static let years = WireMoment.earliest...WireMoment.latest

  func check(_ input: [UInt8]) throws -> String {
    let text = String(decoding: input, as: UTF8.self)
    return try [wait(text), date(text), number(text), document(text)].joined(separator: "|")
  }

  private func wait(_ text: String) throws -> String {
    let answer = HTTPResponse(status: 503, headers: HTTPHeaders([("Retry-After", text)]))
    var words: [String] = []
    for asker in WireWait.Asker.allCases {
      for now in [Int64.min, -1, 1_766_000_000_000, .max] {
        guard let wait = answer.retryAfter(now: now, by: asker) else { continue }
        guard (.zero...asker.longest).contains(wait.duration), !wait.isCut || wait.duration == asker.longest else {
          throw Broken(description: "a wait of \(wait.duration), cut: \(wait.isCut)")
        }
        words.append(wait.isCut ? "cut" : wait.duration == .zero ? "none" : "some")
      }
    }
    return Set(words).sorted().joined(separator: ",")
  }

  private func date(_ text: String) throws -> String {
    guard let date = HTTPResponse(status: 200, headers: HTTPHeaders([("Date", text)])).date else { return "no date" }
    guard Self.years.contains(date - 500) else { throw Broken(description: "the date \(date)") }
    return Timestamp(milliseconds: date).iso8601.utf8.count == 24 ? "date" : "late"
  }

  private func number(_ text: String) throws -> String {
    if let bytes = WireNumber.bytes(text), !(0...WireNumber.maxBytes).contains(bytes) {
      throw Broken(description: "\(bytes) bytes")
    }
    let value = WireNumber.decimal(text).map { Int64(saturating: $0 * 1000) }
    for other in [Int64.min, -1, 0, 1, .max] {
      _ = value?.addingSaturated(other).subtractingSaturated(other).multipliedSaturated(by: other)
    }
    guard let moment = WireMoment.milliseconds(number: text) else { return value == nil ? "no number" : "number" }
    guard Self.years.contains(moment) else { throw Broken(description: "the moment \(moment)") }
    return moment == WireMoment.earliest || moment == WireMoment.latest ? "clamped" : "moment"
  }

  /// A run with this text for each of its times, by both of its readers; and the events that are made of it.
  private func document(_ text: String) throws -> String {
    let document = Array(
      """
      {"runId": "r", "spec": {"killedAt": \(text)}, "metadata": {"timeCreated": \(text)}, "status": {"conditions": [
        {"condition": "Running", "lastTransitionTime": \(text)}]}}
      """.utf8)
    guard let run = try? Run(parsing: document) else { return "no run" }
    let reading = run.reading
    if let summary = document.withUnsafeBytes({ RunSummary($0) }), summary.reading != reading {
      throw Broken(description: "at a summary \(summary.reading), read whole \(reading)")
    }
    let origin = RunEvent.Origin(organization: "o", endpoint: "https://api.example")
    let event = RunEvent(run, reading: reading, previousPhase: nil, origin: origin)
    let stayed = RunEvent(run, reading: reading, stayed: .seconds(3_155_760_000), origin: origin)
    guard Self.years.contains(event.time.milliseconds), event.time <= stayed.time else {
      throw Broken(description: "events at \(event.time) and \(stayed.time)")
    }
    return "\(reading.phase)"
  }
}
