import JSONSource

/// A model of a run in the vendor's format.
struct ModelDocument {
  let organization: String
  let runID: String
  let epoch: Int
  /// When it was made, in Unix milliseconds.
  let time: Int64
  let selfLink: String
  /// The archive's address; nil if contents were not requested, or are not exported yet.
  let url: String?
  let expiresAt: Int64

  func write(into json: inout JSONWriter) {
    json.object {
      $0.member("kind", "RunOutput")
      $0.member("workspaceId", organization)
      $0.member("runId", runID)
      $0.member("runOutputId", World.checkpoint(epoch))
      $0.member("spec") { spec in
        spec.object {
          $0.member("kind", "Checkpoint")
          $0.member("epoch", epoch)
          $0.member("evaluationMetrics") { $0.object { $0.member("loss", raw: "0.\(100 - epoch % 100)".utf8) } }
        }
      }
      $0.member("status") { writeStatus(into: &$0) }
      $0.member("metadata") { writeMetadata(into: &$0) }
      $0.member("selfLink", selfLink)
      $0.member("etag", String(fnv1a(selfLink), radix: 16))
    }
  }

  private func writeStatus(into json: inout JSONWriter) {
    json.object {
      $0.member("observedGeneration", 1)
      $0.member("conditions") { $0.array { _ in } }
      $0.member("storageObject", "\(selfLink.dropFirst()).tar")
      if let url {
        $0.member("contents") { contents in
          contents.object {
            $0.member("downloadUrl") {
              $0.object {
                $0.member("url", url)
                $0.member("expiresAt", expiresAt)
              }
            }
          }
        }
      }
    }
  }

  private func writeMetadata(into json: inout JSONWriter) {
    json.object {
      $0.member("timeCreated", time)
      $0.member("lastUpdated", time)
      $0.member("generation", 1)
      $0.member("attributes") { $0.object { _ in } }
    }
  }
}
