internal import JSONSource
internal import Runs
package import Secrets
internal import WireTime

/// A model that a run has produced: the SDK's `Model` and its checkpoint.
package struct RunOutput: Sendable {
  /// `runOutputId`, the key for requesting it; letters, digits, `_` and `-`.
  package let id: String
  package let epoch: Int64?
  /// `evaluationMetrics` as written, a JSON object; nil if absent.
  package let metrics: [UInt8]?
  /// Pre-signed: it needs no key, and the key must not be sent to it. Nil while the export is not ready, and if contents were not
  /// requested.
  package let downloadURL: Secret?
  /// The expiry of the link in Unix milliseconds, by the API's clock.
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
  /// - Throws: ``SourceError/notVi(_:)``. Skipping an unreadable output could make another one look like the latest.
  init(_ node: JSONNode, of document: JSONDocument) throws(SourceError) {
    guard let id = node["runOutputId"]?.string, Run.isValid(id: id) else {
      throw .notVi("it has a model without an id")
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
