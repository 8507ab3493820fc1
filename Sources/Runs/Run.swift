internal import JSONSource

/// A run as the API describes it: the members that we use, and the original document.
///
/// This module turns foreign documents into values and values into events. Bytes of the API flow in; ``Run``, ``PhaseReading``
/// and ``RunEvent`` flow out. It also holds the vocabulary of time: ``Timestamp``, ``TimeSource``, durations as people write
/// them.
///
/// - Everything is pure. The clocks that ``TimeSource`` reads are passed in.
/// - A document may hold anything: it is bounded in size, and a missing member is nil as long as id and state are clear.
/// - The same transition yields the same event id on any machine.
///
/// It doesn't know how documents arrive, and doesn't compare a run with its past; `Watching` does.
///
/// Begin reading here, then ``PhaseReading`` (the phase of a run), then ``RunEvent``.
package struct Run: Sendable {
  package let id: String
  /// `workspaceId`; nil if the API left it out.
  package let organization: String?
  package let flow: String?
  package let trainingProject: String?
  package let conditions: [Condition]
  /// `spec.killedAt`: "Kill timestamp (if terminated)".
  package let killedAt: Timestamp?
  package let createdAt: Timestamp?
  /// The document's bytes exactly as the API sent them, unless there is a ``fault``.
  package private(set) var document: [UInt8]
  /// The repaired fault of the document's text, as a clause; nil if nothing was repaired.
  package private(set) var fault: String?
  /// No object of the document repeats a key, as in all valid answers.
  let hasUniqueKeys: Bool
  let attributes: [UInt8]?

  /// Longer documents are refused: several copies of each are made, and its events contain it.
  package static let maxBytes = 4 << 20
  /// Documents with more values are refused as well.
  package static let maxValues = 250_000

  /// Reads an item of a page, or the answer to a single request. Missing members are nil, as long as the run's id and state are
  /// clear.
  package init(parsing document: [UInt8]) throws(MalformedRun) {
    if let refusal = document.withUnsafeBytes(MalformedRun.init(tooLarge:)) { throw refusal }
    let json: JSONDocument
    do {
      json = try JSONDocument(parsing: document, maximumValues: Self.maxValues)
    } catch {
      throw MalformedRun(id: document.withUnsafeBytes(RunSummary.id), "it isn't JSON: \(error)", isOfText: true)
    }
    self = try Run(json)
  }

  /// The same run with a minimal document. What the summary says stays.
  package var withoutDocument: Run {
    var run = self
    run.document = JSONWriter.object { $0.member("runId", id) }
    return run
  }

  /// Its approximate size in memory.
  package var heldBytes: Int { document.count + (attributes?.count ?? 0) }

  /// Reads a document even if some of its strings contain what JSON forbids; see ``fault``.
  package init(mending document: [UInt8]) throws(MalformedRun) {
    do throws(MalformedRun) {
      try self.init(parsing: document)
    } catch {
      guard error.isOfText else { throw error }
      do throws(MalformedRun) {
        try self.init(parsing: DocumentRepair.mend(document))
        fault = error.description
      } catch let second {
        throw second.isOfText ? error : second
      }
    }
  }

  private init(_ json: JSONDocument) throws(MalformedRun) {
    let root = json.root
    guard root.members != nil else { throw MalformedRun(id: nil, "it is \(root.kind), not an object") }
    guard let id = root["runId"]?.string else { throw MalformedRun(id: nil, "it has no \"runId\"") }
    guard Run.isValid(id: id) else {
      throw MalformedRun(id: nil, "its \"runId\" isn't an id: \(id.prefix(60).debugDescription)")
    }
    guard let status = root.present("status"), status.members != nil else {
      throw MalformedRun(id: id, "it has no \"status\"")
    }
    let entries = status.present("conditions")
    guard entries == nil || entries?.elements != nil else {
      throw MalformedRun(id: id, "its \"status.conditions\" is \(entries?.kind ?? ""), not a list")
    }
    let spec = root["spec"]
    let flow = spec?["flow"]
    let metadata = root["metadata"]
    self.id = id
    organization = root["workspaceId"]?.string
    self.flow = flow?["name"]?.string
    trainingProject =
      (spec?["trainingProject"]?.string).flatMap { $0.isEmpty ? nil : $0 } ?? flow?["trainingProject"]?.string
    conditions = (entries?.elements ?? []).compactMap(Condition.init)
    killedAt = Timestamp(spec?["killedAt"]).flatMap { $0.milliseconds > 0 ? $0 : nil }
    createdAt = Timestamp(metadata?["timeCreated"])
    document = json.bytes
    hasUniqueKeys = root.hasUniqueKeys
    attributes = metadata?.present("attributes").map { Array(json.raw($0)) }
  }

  package var summary: RunSummary { RunSummary(self) }

  package var reading: PhaseReading { summary.reading }

  /// When it started to run: the earliest time of any entry; nil without an entry.
  package var startedAt: Timestamp? { summary.startedAt }

  /// `^[a-zA-Z0-9_-]+$`, 1 to 255 characters (`validate_id_param` of vi-sdk).
  package static func isValid(id: String) -> Bool {
    (1...255).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
      }
  }
}

/// A document that can't be read as a run. `description` is a lower-case clause.
package struct MalformedRun: Error, Sendable, CustomStringConvertible {
  /// The run's id, if at least that is readable.
  package let id: String?
  package let description: String
  /// It isn't JSON.
  let isOfText: Bool

  init(id: String?, _ description: String, isOfText: Bool = false) {
    self.id = id
    self.description = description
    self.isOfText = isOfText
  }

  /// Nil if the document is at most ``Run/maxBytes`` long.
  package init?(tooLarge document: UnsafeRawBufferPointer) {
    guard document.count > Run.maxBytes else { return nil }
    self.init(
      id: RunSummary.id(document), "it is larger than \(Run.maxBytes >> 20) MiB (\(document.count >> 20) MiB)")
  }
}
