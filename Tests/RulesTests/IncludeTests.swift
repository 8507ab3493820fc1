import JSONSource
import Runs
import Secrets
import Storage
import Testing

@testable import Rules

/// What is fetched for a message before it is made, and actions that look at it.
@Suite struct IncludeTests {
  private static let fetched = StepResult(
    included: Array(#"{"metrics":{"accuracy":0.75,"epoch":3},"metricsText":"accuracy 0.75","logs":"<b>\nCUDA"}"#.utf8))

  private struct Play {
    let rules: RuleSet
    let next: NextSteps
    let event: RunEvent

    init(_ actions: String, _ event: RunEvent? = nil) throws {
      rules = try ruleSet(#"{"name": "r", "on": "any", "actions": [\#(actions)]}"#)
      next = NextSteps(
        [("chat", DestinationType.slack), ("hook-in", .webhook)].map {
          DestinationSettings(name: $0.0, destination: $0.1.implementation.init())
        })
      self.event = try event ?? .of("Failed", message: "oops")
    }

    func first() throws -> [PlannedDelivery] { rules.deliveries(for: event) }

    func after(_ planned: PlannedDelivery, _ result: StepResult = IncludeTests.fetched, error: String? = nil)
      -> [PlannedDelivery]
    {
      next.after(
        SettledStep(
          id: planned.id, rule: planned.rule, label: planned.action, eventID: event.id, event: event.body,
          continuation: planned.continuation ?? []), result, error: error)
    }
  }

  @Test func `what is included is fetched first, and the message keeps the id that it has without`() throws {
    let play = try Play(
      #"{"send": "chat", "text": "{{metrics.accuracy}} {{metricsText}}: {{logs}}", "include": ["logs", "metrics"]}"#)
    let fetch = try #require(try play.first().first)
    #expect(fetch.content == .delivery(.include(IncludeCall([.metrics, .logs]))))
    #expect(fetch.destination == .lane(.include))
    #expect(fetch.action == "actions[0].include")
    let message = try #require(play.after(fetch).first)
    #expect(message.json == #"{"text":"0.75 accuracy 0.75: &lt;b&gt;\nCUDA"}"#)
    #expect(message.action == "actions[0]")
    #expect(try message.id == Play(#"{"send": "chat", "text": "x"}"#).first().first?.id)
    #expect(message.link == PlannedDelivery.Link(parent: fetch.id, branch: .then))
  }

  @Test func `a message goes out whatever became of the fetching`() throws {
    let play = try Play(#"{"send": "chat", "text": "x{{logs}}", "include": ["logs"]}"#)
    let fetch = try #require(try play.first().first)
    #expect(play.after(fetch, StepResult()).map(\.json) == [#"{"text":"x"}"#])
    #expect(play.after(fetch, StepResult(), error: "given up").map(\.json) == [#"{"text":"x"}"#])
  }

  @Test func `our own message shows both`() throws {
    let play = try Play(#"{"send": "chat", "include": ["logs", "metrics"]}"#)
    let message = try #require(play.after(play.first()[0]).first?.json)
    #expect(message.contains("CUDA") && message.contains("accuracy 0.75"), "\(message)")
    #expect(!message.contains("<b>"))
  }

  @Test func `later steps see it, hooks in their environment, and nothing is fetched again`() throws {
    let play = try Play(
      #"{"send": "chat", "include": ["logs", "metrics"], "then": [{"run": ["x", "{{logs}}"], "include": ["logs"]}]}"#)
    let message = try #require(play.after(play.first()[0]).first)
    let hook = try #require(play.after(message, StepResult()).first)
    #expect(hook.arguments == ["x", "<b>\nCUDA"])
    #expect(
      hook.variables.filter { !$0.name.hasPrefix("VI_STEP") }.map { "\($0.name)=\($0.value)" } == [
        "VI_LOGS=<b>\nCUDA", #"VI_METRICS={"accuracy":0.75,"epoch":3}"#,
      ])
  }

  @Test func `a condition on metrics decides once they are there`() throws {
    let play = try Play(
      #"{"send": "chat", "text": "low", "include": ["metrics"], "when": {"metrics": {"accuracy": [{"numeric": ["<", 0.8]}]}}}"#
    )
    let fetch = try #require(try play.first().first)
    #expect(play.after(fetch).map(\.json) == [#"{"text":"low"}"#])
    #expect(play.after(fetch, StepResult(included: Array(#"{"metrics":{"accuracy":0.9}}"#.utf8))).isEmpty)
    #expect(play.after(fetch, StepResult()).isEmpty, "what nobody knows is not low")
  }

  @Test func `an action whose condition doesn't hold is left out with all that comes after it, and the reason is told`()
    throws
  {
    let play = try Play(
      #"{"send": "chat", "text": "a", "when": {"reason": ["OOM"]}, "then": [{"shell": "x"}]}, {"send": "chat", "text": "b"}"#
    )
    #expect(try play.first().map(\.json) == [#"{"text":"b"}"#])
    #expect(play.rules.verdicts(on: play.event).first?.reason.contains("actions[0] is left out: ") == true)
  }

  @Test func `a step may look at how the one before it ended`() throws {
    let play = try Play(
      #"""
      {"run": ["x"], "id": "a", "then": [
        {"shell": "zero", "when": {"steps": {"a": {"stdout": [{"prefix": "ok"}]}}}}, {"shell": "always"}]}
      """#)
    let first = try #require(try play.first().first)
    #expect(play.after(first, StepResult(exitCode: 0, stdout: "ok 7")).count == 2)
    #expect(
      play.after(first, StepResult(exitCode: 0, stdout: "no")).compactMap { $0.hook?.command } == [.shell("always")])
  }

  @Test func `there is nothing to fetch of what is no run`() throws {
    let event = RunEvent(
      stopped: "chat", reason: "gone", at: Timestamp(milliseconds: 5),
      origin: .init(organization: "org", endpoint: "https://api.example"))
    let play = try Play(#"{"send": "chat", "text": "x{{logs}}", "include": ["logs"]}"#, event)
    let rules = try ruleSet(
      #"{"name": "r", "on": "destinationStopped", "actions": [{"send": "chat", "text": "x{{logs}}", "include": ["logs"]}]}"#
    )
    #expect(rules.deliveries(for: play.event).map(\.json) == [#"{"text":"x"}"#])
  }

  @Test func `mistakes are told at their place`() {
    let file = MarkedFile(
      #"""
      {"version": 1, "destinations": {"chat": {"type": "slack", "url": "https://hooks.slack.com/services/x"}},
       "rules": [{"name": "r", "actions": [
        {"send": "chat", "text": "{{logs}}"},
        {"send": "chat", "include": ["log"]},
        {"send": "chat", "digest": {"window": "1m"}, "include": ["logs"]},
        {"send": "chat", "when": {}}]}]}
      """#)
    #expect(file.diagnostics.count == 4, "\(file.diagnostics)")
    #expect(file.diagnostics.contains { $0.contains(#"did you mean "logs""#) }, "\(file.diagnostics)")
  }
}
