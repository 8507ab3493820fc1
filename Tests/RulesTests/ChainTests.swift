import JSONSource
import Runs
import Secrets
import Storage
import Testing

@testable import Rules

/// A chain, played: what is planned first, and what comes after each step.
private struct Play {
  let rules: RuleSet
  let next: NextSteps
  let event: RunEvent

  init(_ actions: String, _ event: RunEvent? = nil) throws {
    rules = try ruleSet(#"{"name": "r", "on": "any", "actions": [\#(actions)]}"#)
    next = NextSteps([.of("chat", .slack), .of("hook-in", .webhook)])
    self.event = try event ?? .of(message: "it's <over>")
  }

  func first() throws -> PlannedDelivery { try #require(rules.deliveries(for: event).first) }

  func after(_ delivery: PlannedDelivery, _ result: StepResult = StepResult(), error: String? = nil) throws
    -> [PlannedDelivery]
  {
    next.after(step(delivery), result, error: error)
  }

  func step(_ delivery: PlannedDelivery) -> SettledStep {
    SettledStep(
      id: delivery.id, rule: delivery.rule, label: delivery.action, eventID: event.id, event: event.body,
      continuation: delivery.continuation ?? [])
  }
}

extension DestinationSettings {
  fileprivate static func of(_ name: String, _ kind: Kind) -> DestinationSettings {
    DestinationSettings(name: name, destination: kind.implementation.init())
  }
}

struct ChainTests {
  private static let promotion = """
    {"download": {"to": "~/m"}, "id": "model",
     "then": [{"run": ["./promote.sh", "{{steps.model.path}}", "{{flow}}"], "id": "promote",
               "then": [{"send": "hook-in", "body": {"code": "{{steps.promote.exitCode}}", "said": "{{steps.promote.stdout}}",
                                                     "from": "{{steps.model.path}}", "run": "{{runId}}"}}]}],
     "onFailure": [{"send": "chat", "text": "no model of {{runId}}: {{error}}"}]}
    """

  @Test func `each step sees what all steps before it have left`() throws {
    let play = try Play(Self.promotion)
    let model = try play.first()
    #expect(model.destination == .lane(.download))
    #expect(model.content == .delivery(.download(DownloadCall(directory: "~/m"))))
    let promote = try #require(try play.after(model, StepResult(path: "/m/run_1")).first)
    #expect(promote.arguments == ["./promote.sh", "/m/run_1", ""])
    #expect(promote.link == PlannedDelivery.Link(parent: model.id, branch: .then))
    #expect(
      promote.variables.map { "\($0.name)=\($0.value)" } == [
        "VI_STEP_MODEL_STATUS=delivered", "VI_STEP_MODEL_PATH=/m/run_1",
      ])
    let tell = try #require(try play.after(promote, StepResult(exitCode: 0, stdout: "v7 \"$(reboot)\"")).first)
    #expect(
      tell.json == #"{"code":0,"said":"v7 \"$(reboot)\"","from":"/m/run_1","run":"run_1"}"#)
    #expect(tell.continuation == nil)
  }

  @Test func `a failure takes the other branch, and says why in the destination's markup`() throws {
    let play = try Play(Self.promotion)
    let steps = try play.after(play.first(), error: "404 <gone> & \"lost\"")
    #expect(steps.map(\.destination.name) == ["chat"])
    #expect(steps.first?.json == #"{"text":"no model of run_1: 404 &lt;gone&gt; &amp; \"lost\""}"#)
    #expect(steps.first?.link?.branch == .onFailure)
  }

  @Test func `steps have ids of their own that are always the same`() throws {
    let play = try Play(Self.promotion)
    let model = try play.first()
    let promote = try play.after(model, StepResult(path: "/a"))
    let again = try play.after(model, StepResult(path: "/b"))
    let failed = try play.after(model, error: "x")
    #expect(promote.map(\.id) == again.map(\.id))
    #expect(Set([model.id] + promote.map(\.id) + failed.map(\.id)).count == 3)
    #expect(failed.map(\.action) == ["model.onFailure[0]"])
  }

  @Test func `what a step wrote is data to the steps after it, whatever it looks like`() throws {
    let play = try Play(
      #"{"shell": "x", "id": "a", "then": [{"run": ["y", "{{steps.a.stdout}}"]}, {"send": "chat", "text": "{{steps.a.stdout}}"}]}"#
    )
    let hostile = "${env:TOKEN} {{runId}} '; rm -rf / \n\u{0} <!channel> \u{202E}"
    let steps = try play.after(play.first(), StepResult(exitCode: 0, stdout: hostile))
    #expect(steps[0].arguments == ["y", hostile])
    #expect(steps[0].variables.contains { $0.name == "VI_STEP_A_STDOUT" && $0.value == hostile })
    let body = try JSONDocument(parsing: Array(try #require(steps[1].json).utf8))
    #expect(
      body.root["text"]?.string
        == "${env:TOKEN} {{runId}} '; rm -rf / \n &lt;!channel&gt; ")
  }

  @Test func `hooks after a failure hear of it`() throws {
    let play = try Play(#"{"shell": "x", "id": "a-b", "onFailure": [{"shell": "y", "then": [{"shell": "z"}]}]}"#)
    let clean = try #require(try play.after(play.first(), StepResult(exitCode: 7), error: "exited with 7").first)
    let names = clean.variables.map { "\($0.name)=\($0.value)" }
    #expect(names == ["VI_STEP_A_B_STATUS=dead", "VI_STEP_A_B_EXIT_CODE=7", "VI_ERROR=exited with 7"])
    let last = try #require(try play.after(clean).first)
    #expect(last.variables.map { "\($0.name)=\($0.value)" } == names)
  }

  @Test func `an error stays known to all that comes after it, and the latest one counts`() throws {
    let play = try Play(
      #"""
      {"shell": "x", "onFailure": [{"shell": "y", "id": "clean", "then": [{"run": ["a", "{{error}}"]}],
                                    "onFailure": [{"run": ["b", "{{error}}"]}]}]}
      """#)
    let clean = try #require(try play.after(play.first(), error: "first").first)
    #expect(try play.after(clean).first?.arguments == ["a", "first"])
    #expect(try play.after(clean, error: "second").first?.arguments == ["b", "second"])
  }

  @Test func `an action with a number of its own has a lane of its own`() throws {
    let play = try Play(
      #"{"shell": "x", "concurrency": 1, "id": "a", "then": [{"download": {}, "concurrency": 3}, {"shell": "y"}]}"#)
    #expect(play.rules.laneConcurrency == [Lane(.hook, owner: "r/a"): 1, Lane(.download, owner: "r/a.then[0]"): 3])
    #expect(try play.first().destination.name == "hook/r/a")
    #expect(try play.after(play.first()).map(\.destination.name) == ["download/r/a.then[0]", "hook"])
  }

  @Test func `a chain that is under way goes on as it was written, and its sends as destinations are now`() throws {
    let play = try Play(#"{"shell": "x", "then": [{"send": "chat"}, {"send": "hook-in", "body": {"a": "{{flow}}"}}]}"#)
    let gone = NextSteps([])
    let steps = gone.after(play.step(try play.first()), StepResult(), error: nil)
    #expect(steps.map(\.destination.name) == ["chat", "hook-in"])
  }

  @Test func `what no version understands becomes a delivery that nobody takes`() throws {
    let play = try Play(#"{"shell": "x", "then": [{"shell": "y"}]}"#)
    var step = play.step(try play.first())
    step = SettledStep(
      id: step.id, rule: step.rule, label: step.label, eventID: step.eventID, event: step.event,
      continuation: Array(#"{"steps":{},"then":[{"beam": "up"}, {"shell": "z"}]}"#.utf8))
    let steps = play.next.after(step, StepResult(), error: nil)
    #expect(steps.map(\.destination) == [.lane(Lane(.lost)), .lane(.hook)])
    #expect(steps.map(\.action) == ["actions[0].then[0]", "actions[0].then[1]"])
  }

  @Test func `a preview shows both branches, and what is not known yet as its tag`() throws {
    let play = try Play(Self.promotion)
    let steps = play.next.preview(after: play.step(try play.first()), try play.first().type)
    #expect(steps[0].variables.map(\.name) == ["VI_STEP_MODEL_STATUS", "VI_STEP_MODEL_PATH"])
    #expect(steps.map { $0.link?.branch } == [.then, .onFailure])
    #expect(steps[0].arguments == ["./promote.sh", "{{steps.model.path}}", ""])
    #expect(steps[1].json == #"{"text":"no model of run_1: {{error}}"}"#)
  }

  @Test func `the steps of a chain that has not begun are known by name`() throws {
    let play = try Play(Self.promotion)
    let model = try play.first()
    let steps = FollowUpActions.steps(of: try #require(model.continuation), rule: "r", after: model.action)
    #expect(
      steps == [
        .init(branch: .then, label: "promote", destination: .lane(.hook)),
        .init(branch: .onFailure, label: "model.onFailure[0]", destination: .destination("chat")),
      ])
  }

  @Test func `what is kept of a chain is strict JSON without the comments of the file`() throws {
    let play = try Play(
      """
      {"shell": "x", // first
       "then": [{"run": ["y", "a\\tb",], /* last */ "timeout": "5m"},]}
      """)
    let kept = String(decoding: try #require(try play.first().continuation), as: UTF8.self)
    #expect(kept == #"{"steps":{},"then":[{"run":["y","a\tb"],"timeout":"5m"}]}"#)
  }
}
