import JSONSource

extension ScriptedRun {
  /// The run as the API shows it at `now`, in the vendor's format, with members that no client knows.
  func document(organization: String, dialect: Dialect, at now: Int64) -> [UInt8] {
    if let document { return document }
    let story = story(at: now)
    let link = "/workspaces/\(organization)/runs/\(runID)"
    let killed = killedAt(at: now)
    return JSONWriter.object {
      $0.member("kind", "Run")
      $0.member("workspaceId", organization)
      $0.member("runId", runID)
      $0.member("spec") { writeSpec(into: &$0, killedAt: killed, dialect: dialect) }
      $0.member("status") { status in
        status.object {
          $0.member("log", link + "/logs")
          $0.member("observedGeneration", killed == nil ? 1 : 2)
          $0.member("conditions") { $0.array(dialect.conditions(story)) { $1.write(into: &$0) } }
          $0.member("placement") {
            $0.object { $0.member("accelerator", fingerprint.isMultiple(of: 2) ? "L4" : "A100") }
          }
        }
      }
      $0.member("metadata") { writeMetadata(into: &$0, story: story, generation: killed == nil ? 1 : 2) }
      $0.member("selfLink", link)
      $0.member("etag", String(fnv1a("\(runID)/\(story.count)/\(killed ?? 0)/\(attributes.count)"), radix: 16))
      $0.member("region", "asia-southeast1")
    }
  }

  private func writeSpec(into json: inout JSONWriter, killedAt: Int64?, dialect: Dialect) {
    json.object {
      $0.member("flow") { writeFlow(into: &$0) }
      // A missing value is null in one dialect and omitted in the others.
      if killedAt != nil || dialect == .documented { $0.member("killedAt", killedAt) }
      if trainingProject != nil || dialect == .documented { $0.member("trainingProject", trainingProject) }
    }
  }

  private func writeFlow(into json: inout JSONWriter) {
    json.object {
      $0.member("name", flow)
      $0.member("schema", "2025-07-01")
      $0.member("tolerations") { $0.object { $0.member("accelerator") { $0.array { $0.string("Shortage") } } } }
      $0.member("settings") { $0.object { $0.member("seed", fingerprint % 10_000) } }
      $0.member("blocks") { blocks in
        blocks.array {
          writeBlock("dataset", into: &$0) { $0.member("trainTestSplit", raw: "0.85".utf8) }
          writeBlock("model", into: &$0) {
            $0.member("architecture", fingerprint.isMultiple(of: 3) ? "nvila-2b" : "qwen2.5-vl-7b")
          }
          writeBlock("trainer", into: &$0) {
            $0.member("epochs", 10 * (1 + fingerprint % 9))
            $0.member("learningRate", raw: "5e-05".utf8)
          }
        }
      }
      $0.member("trainingProject", trainingProject)
    }
  }

  private func writeBlock(_ name: String, into json: inout JSONWriter, settings: (inout JSONWriter) -> Void) {
    json.object {
      $0.member("block", name)
      $0.member("settings") { $0.object(settings) }
      $0.member("style") { $0.object { $0.member("x", 120) } }
    }
  }

  private func writeMetadata(into json: inout JSONWriter, story: [Step], generation: Int) {
    json.object {
      $0.member("timeCreated", created)
      $0.member("lastUpdated", story.last?.at ?? created)
      $0.member("generation", generation)
      $0.member("attributes") { writeAttributes(into: &$0) }
    }
  }

  private func writeAttributes(into json: inout JSONWriter) {
    json.object {
      for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { $0.member(key, value) }
    }
  }

  /// A pseudo-random number by which runs differ.
  private var fingerprint: UInt64 { fnv1a(runID) }
}

extension Condition {
  fileprivate func write(into json: inout JSONWriter) {
    json.object {
      $0.member("condition", name)
      $0.member("status", status.rawValue)
      $0.member("lastTransitionTime", time)
      $0.member("reason", reason)
      $0.member("message", message)
    }
  }
}

/// A hash that is the same in every process, unlike Swift's: 64-bit FNV-1a.
func fnv1a(_ text: String) -> UInt64 {
  text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
