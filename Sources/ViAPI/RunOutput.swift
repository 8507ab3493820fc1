internal import JSONSource
internal import Runs
package import Secrets
internal import WireTime

/// A model that a run has put out: what the SDK calls a `Model`, and its checkpoint.
package struct RunOutput: Sendable {
  /// `runOutputId`, by which it is asked for: the letters, digits, `_` and `-` of every id.
  package let id: String
  package let epoch: Int64?
  /// `evaluationMetrics` just as they were written, a JSON object; nil where there are none.
  package let metrics: [UInt8]?
  /// Pre-signed: whoever has it needs no key, and must not send one. Nil while the export is not ready, and where contents were
  /// not asked for.
  package let downloadURL: Secret?
  /// Unix milliseconds until which the link holds, by the API's clock.
  package let expiresAt: Int64?

  package init(
    id: String, epoch: Int64? = nil, metrics: [UInt8]? = nil, downloadURL: Secret? = nil, expiresAt: Int64? = nil
  ) {
    self.id = id
    self.epoch = epoch
    self.metrics = metrics
    self.downloadURL = downloadURL
    self.expiresAt = expiresAt
  }
}

extension RunOutput {
  /// - Throws: ``SourceError/notVi(_:)``: leaving out one that can't be read could make another look like the latest.
  init(_ node: JSONNode, of document: JSONDocument) throws(SourceError) {
    guard let id = node["runOutputId"]?.string, Run.isValid(id: id) else {
      throw .notVi("a model in it has no id")
    }
    let spec = node.present("spec")
    let link = node.present("status")?.present("contents")?.present("downloadUrl")
    self.init(
      id: id, epoch: spec?["epoch"]?.integer,
      metrics: spec?.present("evaluationMetrics").map { Array(document.raw($0)) },
      downloadURL: (link?["url"]?.string).flatMap { $0.isEmpty ? nil : Secret($0) },
      expiresAt: (link?["expiresAt"]?.number).flatMap(WireMoment.milliseconds(number:)))
  }
}
