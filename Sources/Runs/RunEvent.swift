internal import Crypto
package import JSONSource

/// A run came into a phase: the fact that rules decide upon and that receivers are told.
package struct RunEvent: Sendable {
  /// `evt_…`, made only of organization, run, phase and the transition's time: the same whoever sees it, however often.
  package let id: String
  package let runID: String
  package let phase: Phase
  /// When the run came into the phase, by the API's clock.
  package let time: Timestamp
  /// The CloudEvents `data` object, JSON: what rules match and templates see.
  package let data: [UInt8]
  /// No object in `data` has a key twice: whoever scans it may stop when it has seen all it asks for.
  package let hasUniqueKeys: Bool
  /// The whole CloudEvent, JSON: what webhooks receive and hooks read.
  package let body: [UInt8]

  /// - Parameter endpoint: of the API, without a slash at its end; the event's `source` starts with it.
  package init(_ run: Run, reading: PhaseReading, previousPhase: Phase?, organization: String, endpoint: String) {
    let id = Self.identifier(organization: organization, run: run.id, phase: reading.phase, time: reading.since)
    let data = JSONWriter.object { json in
      run.writeSummary(into: &json, reading: reading, previousPhase: previousPhase, organization: organization)
      json.member("run", raw: run.document)
    }
    self.id = id
    runID = run.id
    phase = reading.phase
    time = reading.since
    self.data = data
    hasUniqueKeys = run.hasUniqueKeys
    body = JSONWriter.object { json in
      json.member("specversion", "1.0")
      json.member("id", id)
      json.member("source", "\(endpoint)/workspaces/\(organization)")
      json.member("type", "com.datature.vi.run.\(reading.phase.rawValue)")
      json.member("subject", run.id)
      json.member("time", reading.since.iso8601)
      json.member("datacontenttype", "application/json")
      json.member("data", raw: data)
    }
  }

  private static func identifier(organization: String, run: String, phase: Phase, time: Timestamp) -> String {
    "evt_" + digest([organization, run, phase.rawValue, String(time.milliseconds)])
  }

  /// 128 bits of SHA-256 over the parts, in hexadecimal. No part may hold a line feed.
  package static func digest(_ parts: [String]) -> String {
    SHA256.hash(data: Array(parts.joined(separator: "\n").utf8)).prefix(16).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}

extension Run {
  /// The event data without `run`: also what `runs list --output json` shows of a run.
  package func writeSummary(
    into json: inout JSONWriter, reading: PhaseReading, previousPhase: Phase?, organization: String
  ) {
    let ended = reading.phase.isTerminal ? reading.since : nil
    let duration = (startedAt ?? createdAt).map { max(.zero, reading.since - $0) }
    json.member("runId", id)
    json.member("phase", reading.phase.rawValue)
    json.member("previousPhase", previousPhase?.rawValue)
    json.member("flow", flow)
    json.member("trainingProject", trainingProject)
    json.member("attributes", raw: attributes ?? Array("{}".utf8))
    json.member("condition", reading.decidedBy?.name)
    json.member("reason", reading.decidedBy?.reason)
    json.member("message", reading.decidedBy?.message)
    json.member("createdAt", createdAt?.iso8601)
    json.member("startedAt", startedAt?.iso8601)
    json.member("endedAt", ended?.iso8601)
    json.member("durationSeconds", duration.map { $0.milliseconds / 1000 })
    json.member("durationText", duration?.words)
    json.member("organization", organization)
  }
}
