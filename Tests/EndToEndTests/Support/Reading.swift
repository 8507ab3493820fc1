import JSONSource
import Simulator

struct NotThere: Error, CustomStringConvertible {
  let description: String
}

extension End {
  /// stdout as the one JSON value that it must be.
  var json: JSONNode {
    get throws { try JSONDocument(parsing: stdout).root }
  }

  var rows: [JSONNode] {
    get throws {
      guard let rows = try json.elements else { throw NotThere(description: "stdout is no list: \(output)") }
      return rows
    }
  }
}

extension Stage {
  /// The deliveries of a run as `explain` tells of them, in the order in which they were made: with `action` and `deliveryId`.
  func steps(of run: String) async throws -> [JSONNode] {
    let timeline = try await self.run("explain", run, "--output", "json").json["timeline"]?.elements ?? []
    return timeline.filter { $0[text: "kind"] == "delivery" }
  }
}

extension ReceivedRequest {
  var json: JSONNode {
    get throws { try JSONDocument(parsing: body).root }
  }

  var webhookID: String? { headers["webhook-id"] }
}

extension JSONNode {
  /// The text at a path such as `data.flow`; numbers as they are written.
  subscript(text path: String) -> String? {
    let node = path.split(separator: ".").reduce(Optional(self)) { $0?[String($1)] }
    return node?.string ?? node?.number
  }
}

extension ScriptedRun {
  /// Begun a minute before the simulator.
  static func running(
    _ id: String, flow: String = "detector", dialect: Dialect? = nil, attributes: [String: String] = [:]
  ) -> ScriptedRun {
    ScriptedRun(
      id, flow: flow, dialect: dialect, created: -60_000, attributes: attributes,
      life: [Step(at: -30_000, .running)])
  }

  /// Ended `ago` milliseconds before the simulator began.
  static func ended(
    _ id: String, _ phase: Phase = .succeeded, ago: Int64 = 60_000, flow: String = "detector",
    reason: String? = nil, message: String? = nil
  ) -> ScriptedRun {
    ScriptedRun(
      id, flow: flow, created: -ago - 60_000,
      life: [Step(at: -ago - 30_000, .running), Step(at: -ago, phase, reason: reason, message: message)])
  }
}

/// Rules that many tests share.
enum RulesText {
  /// Every end of a run goes to the inbox `hub` as a webhook, looked for ten times a second.
  static let hub = """
    {"version": 1, "watch": {"interval": "100ms"},
     "destinations": {"hub": {"type": "webhook", "url": "ENDPOINT/inbox/hub"}},
     "rules": [{"name": "ends", "actions": [{"send": "hub"}]}]}
    """

  /// Every end of a run starts this script, looked for ten times a second.
  static func shell(_ script: String, more: String = "") -> String {
    let quoted = script.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return """
      {"version": 1, "watch": {"interval": "100ms"},
       "rules": [{"name": "ends", "actions": [{"shell": "\(quoted)"\(more)}]}]}
      """
  }
}
