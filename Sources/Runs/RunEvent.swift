internal import Crypto
package import JSONSource
internal import Notation

/// Something that rules decide about and receivers are notified of: a run entered a phase, stayed in it too long or disappeared,
/// or the source became unreachable.
package struct RunEvent: Sendable {
  /// `evt_…`, derived only from organization, run, kind and the transition's time, so it is the same on any machine.
  package let id: String
  /// Empty for an event of the source.
  package let runID: String
  package let eventKind: EventKind
  /// When it happened; for a transition, by the API's clock.
  package let time: Timestamp
  /// The CloudEvents `data` object, JSON: what rules match and templates see.
  package let data: [UInt8]
  /// No object in `data` repeats a key, so a scan may stop when it has seen all named fields.
  package let hasUniqueKeys: Bool
  /// The whole CloudEvent, JSON: what webhooks receive and hooks read.
  package let body: [UInt8]

  /// The organization and the API of the runs.
  package struct Origin: Sendable {
    package let organization: String
    /// The API's address without a trailing slash; the event's `source` starts with it.
    package let endpoint: String

    package init(organization: String, endpoint: String) {
      self.organization = organization
      self.endpoint = endpoint
    }
  }

  /// - Parameters:
  ///   - key: the parts of the id besides organization, run and the kind's word.
  ///   - data: JSON.
  init(
    _ eventKind: EventKind, run: String, key: [String], time: Timestamp, origin: Origin, hasUniqueKeys: Bool,
    data: [UInt8]
  ) {
    let id = "evt_" + Self.digest([origin.organization, run, eventKind.word] + key)
    self.id = id
    runID = run
    self.eventKind = eventKind
    self.time = time
    self.data = data
    self.hasUniqueKeys = hasUniqueKeys
    body = JSONWriter.object { json in
      json.member("specversion", "1.0")
      json.member("id", id)
      json.member("source", "\(origin.endpoint)/workspaces/\(origin.organization)")
      json.member("type", eventKind.eventType)
      if !run.isEmpty { json.member("subject", run) }
      json.member("time", time.iso8601)
      json.member("datacontenttype", "application/json")
      json.member("data", raw: data)
    }
  }

  /// 128 bits of SHA-256 over the parts, in hexadecimal. No part may contain a line feed.
  package static func digest(_ parts: [String]) -> String {
    Hexadecimal.text(SHA256.hash(data: Array(parts.joined(separator: "\n").utf8)).prefix(16))
  }
}

extension RunEvent {
  /// Restores a stored event from its body. Nil if the body isn't one of ours.
  package init?(stored body: [UInt8], runID: String, eventKind: EventKind, time: Timestamp) {
    guard let document = try? JSONDocument(parsing: body), let id = document.root["id"]?.string,
      let data = document.root["data"]
    else { return nil }
    self.id = id
    self.runID = runID
    self.eventKind = eventKind
    self.time = time
    self.data = Array(document.raw(data))
    hasUniqueKeys = data.hasUniqueKeys
    self.body = body
  }

  /// A run entered the phase of `reading`.
  ///
  /// - Parameter usual: how long the flow's runs take until they succeed; nil while that isn't known. Only ends have it.
  package init(_ run: Run, reading: PhaseReading, previousPhase: Phase?, origin: Origin, usual: Duration? = nil) {
    let data = JSONWriter.object { json in
      run.writeSummary(into: &json, reading: reading, previousPhase: previousPhase, organization: origin.organization)
      if let usual, reading.phase.isTerminal { json.member("usualDurationSeconds", usual.milliseconds / 1000) }
      json.member("run", raw: run.document)
    }
    self.init(
      .entered(reading.phase), run: run.id, key: [String(reading.since.milliseconds)], time: reading.since,
      origin: origin, hasUniqueKeys: run.hasUniqueKeys, data: data)
  }

  /// A run has been in the phase of `reading` for `duration`. The event's time is the end of that duration, whenever it is noticed.
  package init(_ run: Run, reading: PhaseReading, stayed duration: Duration, origin: Origin) {
    let time = reading.since + duration
    let data = JSONWriter.object { json in
      run.writeSummary(
        into: &json, reading: reading, previousPhase: nil, organization: origin.organization, until: time)
      json.member("run", raw: run.document)
    }
    self.init(
      .stayed(reading.phase, duration), run: run.id,
      key: [String(reading.since.milliseconds), "for \(duration.milliseconds)"], time: time, origin: origin,
      hasUniqueKeys: run.hasUniqueKeys, data: data)
  }

  /// A run that was in `phase` since `since` has disappeared.
  ///
  /// - Parameters:
  ///   - run: as last seen; nil if unknown.
  ///   - time: when it was noticed; the API doesn't report it.
  package init(
    disappeared id: String, lastSeen run: Run?, phase: Phase, since: Timestamp, noticed time: Timestamp, origin: Origin
  ) {
    let data = JSONWriter.object { json in
      let reading = PhaseReading(phase: phase, since: since)
      if let run {
        run.writeSummary(
          into: &json, reading: reading, previousPhase: phase, organization: origin.organization, until: time,
          word: EventKind.disappeared.word)
        json.member("run", raw: run.document)
      } else {
        json.member("runId", id)
        json.member("phase", EventKind.disappeared.word)
        json.member("previousPhase", phase.rawValue)
        json.member("organization", origin.organization)
      }
    }
    self.init(
      .disappeared, run: id, key: [String(since.milliseconds)], time: time, origin: origin,
      hasUniqueKeys: run?.hasUniqueKeys ?? true, data: data)
  }

  /// The source has been unreachable since `since`, or is reachable again.
  ///
  /// - Parameter message: for people, one clause.
  package init(_ eventKind: EventKind, since: Timestamp, at time: Timestamp, message: String, origin: Origin) {
    let data = JSONWriter.object { json in
      json.member("phase", eventKind.word)
      json.member("message", message)
      json.member("startedAt", since.iso8601)
      json.member("durationSeconds", (time - since).milliseconds / 1000)
      json.member("durationText", (time - since).words)
      json.member("organization", origin.organization)
    }
    self.init(
      eventKind, run: "", key: [String(since.milliseconds)], time: time, origin: origin, hasUniqueKeys: true, data: data
    )
  }
}

extension RunEvent {
  /// A destination of the rules file has stopped.
  ///
  /// - Parameter reason: one clause.
  package init(stopped destination: String, reason: String, at time: Timestamp, origin: Origin) {
    let data = JSONWriter.object { json in
      json.member("phase", EventKind.destinationStopped.word)
      json.member("destination", destination)
      json.member("message", reason)
      json.member("organization", origin.organization)
    }
    self.init(
      .destinationStopped, run: "", key: [destination, String(time.milliseconds)], time: time, origin: origin,
      hasUniqueKeys: true, data: data)
  }
}

extension Run {
  /// The event data without `run`; `runs list --output json` shows the same.
  ///
  /// - Parameters:
  ///   - end: the end of the counted duration; nil: the time of the reading.
  ///   - word: the value of `phase`; nil: that of the reading.
  package func writeSummary(
    into json: inout JSONWriter, reading: PhaseReading, previousPhase: Phase?, organization: String,
    until end: Timestamp? = nil, word: String? = nil
  ) {
    let ended = reading.phase.isTerminal ? reading.since : nil
    let duration = (startedAt ?? createdAt).map { max(.zero, (end ?? reading.since) - $0) }
    json.member("runId", id)
    json.member("phase", word ?? reading.phase.rawValue)
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
