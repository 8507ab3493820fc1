import Daemon
import FoundationEssentials
import JSONSource
import Models
import Rules
import Secrets
import Simulator

/// Something that must have arrived when the demo ends.
struct DemoExpectation {
  let what: String
  let isMet: Bool
  let evidence: [String]
}

/// The demo's runs, rules, and expected results.
enum DemoScript {
  private static let signingSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  static let environment = [
    "DATATURE_VI_SECRET_KEY": secretKey, "DATATURE_VI_ORGANIZATION_ID": "demo-org", "REGISTRY_SECRET": signingSecret,
  ]
  private static let secretKey = "dtvi_demo"

  static func scenario() throws(Failure) -> Scenario {
    do throws(ScenarioErrors) {
      return try Scenario(parsing: Array(scenarioText.utf8))
    } catch {
      throw Failure(.badConfiguration, "the demo's own scenario is wrong: \(error)")
    }
  }

  private static let scenarioText = """
    {"organization": "demo-org", "secretKey": "\(secretKey)",
     "runs": [
       {"runId": "run_good", "flow": "shelf-detector", "dialect": "documented", "created": "-2h",
        "life": [{"after": "1500ms", "phase": "running"}, {"after": "2500ms", "phase": "succeeded"}]},
       {"runId": "run_bad", "flow": "ocr-large", "dialect": "lifecycle", "created": "-1h",
        "life": [{"after": "1s", "phase": "running"},
                 {"after": "4s", "phase": "failed", "reason": "OutOfMemory", "message": "CUDA out of memory <2.5 GiB>"}]},
       {"runId": "run_stopped", "flow": "captioner", "dialect": "declared", "created": "-30m",
        "life": [{"after": "2s", "phase": "running"}, {"after": "4s", "phase": "cancelled"}]}],
     "population": {"count": 12, "seed": 7, "ended": 1.0},
     "inbox": {"registry": [{"status": 503, "times": 1}]}}
    """

  static func rules(endpoint: String, directory: String) -> String {
    """
    {"version": 1,
     "source": {"endpoint": "\(endpoint)"},
     "watch": {"interval": "500ms"},
     "destinations": {
       "chat":     {"type": "slack", "url": "\(endpoint)/inbox/chat"},
       "registry": {"type": "webhook", "url": "\(endpoint)/inbox/registry", "secret": "${env:REGISTRY_SECRET}"}},
     "rules": [
       {"name": "tell-chat", "on": ["failed", "error", "cancelled"],
        "actions": [{"send": "chat", "text": "{{flow}} {{phase}}{{#message}}: {{message}}{{/message}}"}]},
       {"name": "promote", "on": "succeeded",
        "actions": [
          {"download": {"to": "\(directory)/models"}, "id": "model",
           "then": [
             {"shell": "echo \\"$VI_FLOW is in $VI_STEP_MODEL_PATH\\" | tee -a promoted.txt", "id": "promote",
              "workingDirectory": "\(directory)",
              "then": [{"send": "registry", "body": {"run": "{{runId}}", "said": "{{steps.promote.stdout}}"}}]}]}]}]}
    """
  }

  static func expectations(_ simulator: Simulator, directory: String) -> [DemoExpectation] {
    let webhooks = simulator.inbox("registry")
    let chat = simulator.inbox("chat").map(\.text)
    let promoted = (try? String(contentsOfFile: "\(directory)/promoted.txt", encoding: .utf8)) ?? ""
    let ids = Set(webhooks.compactMap { $0.headers["webhook-id"] })
    return [
      DemoExpectation(
        what: "the model of the run that succeeded, and a hook that ran after the download",
        isMet: promoted == "shelf-detector is in \(directory)/models/run_good\n"
          && ModelFolder.isComplete("\(directory)/models/run_good"),
        evidence: [promoted]),
      DemoExpectation(
        what: "a signed webhook about it: refused once with 503, sent again under the same id, signature valid",
        isMet: webhooks.count == 2 && ids.count == 1 && webhooks.allSatisfy(isSigned)
          && webhooks.allSatisfy { $0.text.contains("is in \(directory)/models/run_good") },
        evidence: webhooks.prefix(1).map { "webhook-id: \($0.headers["webhook-id"] ?? "")  \($0.text)" }),
      DemoExpectation(
        what: "two chat posts: one run failed, one was cancelled", isMet: chat.count == 2,
        evidence: chat),
    ]
  }

  /// Checks the signature like a receiver.
  private static func isSigned(_ request: ReceivedRequest) -> Bool {
    guard let id = request.headers["webhook-id"], let key = try? SigningKey(Secret(signingSecret)),
      let timestamp = request.headers["webhook-timestamp"].flatMap({ Int64($0) })
    else { return false }
    let expected = StandardWebhooks.signature(id: id, timestamp: timestamp, body: request.body, keys: [key])
    return request.headers["webhook-signature"] == expected
  }
}
