import JSONSource
import Runs
import Storage
import Testing

@testable import Rules

/// Silences, cooldowns and disabled rules: what is held back, and what is counted.
@Suite struct RestraintTests {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)

  private func event(_ run: String, flow: String = "f", phase: String = "Failed") throws -> RunEvent {
    let text = #"""
      {"runId":"\#(run)","spec":{"flow":{"name":"\#(flow)"}},"status":{"conditions":[{"condition":"\#(phase)","lastTransitionTime":1}]}}
      """#
    let run = try Run(parsing: Array(text.utf8))
    return RunEvent(
      run, reading: run.reading, previousPhase: nil, origin: .init(organization: "org", endpoint: "https://api.example")
    )
  }

  /// Plans events one commit after the other, so many seconds after the start, as a store would remember them.
  private struct Life {
    let rules: RuleSet
    var state = RestraintState()

    mutating func plan(_ event: RunEvent, at seconds: Int64) -> PlannedEvent {
      let now = start + .seconds(seconds)
      var restraints = Restraints(
        RestraintState(silences: state.silences.filter { $0.isActive(at: now) }, windows: state.windows), at: now)
      let planned = rules.plan([event], &restraints)[0]
      for window in planned.windows {
        state.windows.removeAll { $0.rule == window.rule && $0.key == window.key }
        state.windows.append(window)
      }
      return planned
    }
  }

  private static let rule =
    #"{"name": "r", "on": "any", MORE "actions": [{"send": "chat", "text": "{{runId}} {{suppressed}}"}]}"#

  private func life(_ more: String = "") throws -> Life {
    Life(rules: try ruleSet(Self.rule.replacing("MORE", with: more)))
  }

  private func silence(
    rules: Set<String> = [], destinations: Set<String> = [], pattern: String? = nil, minutes: Int64 = 10
  ) -> Silence {
    Silence(
      id: "sil_1", createdAt: Self.start, until: Self.start + .seconds(minutes * 60), reason: "known", rules: rules,
      destinations: destinations, pattern: pattern.map { Array($0.utf8) })
  }

  @Test func `a rule that cools down fires once, and its next message counts what it held back`() throws {
    var life = try life(#""cooldown": {"for": "1h"},"#)
    #expect(life.plan(try event("a"), at: 0).deliveries.map(\.json) == [#"{"text":"a "}"#])
    let held = life.plan(try event("b"), at: 10)
    #expect(held.deliveries.isEmpty)
    #expect(held.held.map(\.rule) == ["r"] && held.held.map(\.destination) == ["chat"])
    #expect(held.held.first?.reason == "it has fired already, and cools down until 2027-01-15T09:00:00.000Z")
    #expect(life.plan(try event("c"), at: 3_599).deliveries.isEmpty)
    #expect(life.plan(try event("d"), at: 3_600).deliveries.map(\.json) == [#"{"text":"d 2"}"#])
    #expect(life.plan(try event("e"), at: 3_601).deliveries.isEmpty, "the time runs from each message")
    #expect(life.plan(try event("f"), at: 7_200).deliveries.map(\.json) == [#"{"text":"f 1"}"#])
  }

  @Test func `events that differ in by are told of independently`() throws {
    var life = try life(#""cooldown": {"for": "1h", "by": ["flow"]},"#)
    #expect(life.plan(try event("a", flow: "x"), at: 0).deliveries.count == 1)
    #expect(life.plan(try event("b", flow: "y"), at: 1).deliveries.count == 1)
    #expect(life.plan(try event("c", flow: "x"), at: 2).deliveries.isEmpty)
  }

  @Test(
    arguments: [
      (["r"], [], nil, true), (["s"], [], nil, false), ([], ["chat"], nil, true), ([], ["hook-in"], nil, false),
      ([], [], #"{"flow": ["f"]}"#, true), ([], [], #"{"flow": ["g"]}"#, false), ([], [], nil, true),
      (["r"], ["hook-in"], nil, false),
      ([], [], "{broken", false),
    ] as [([String], [String], String?, Bool)])
  func `a silence holds back what all of its conditions name`(
    rules: [String], destinations: [String], pattern: String?, isSilenced: Bool
  ) throws {
    var life = try life()
    life.state.silences = [silence(rules: Set(rules), destinations: Set(destinations), pattern: pattern)]
    let planned = life.plan(try event("a"), at: 1)
    #expect(planned.deliveries.isEmpty == isSilenced)
    #expect(planned.held.isEmpty != isSilenced)
    if isSilenced {
      #expect(planned.held.first?.reason == "silenced until 2027-01-15T08:10:00.000Z (sil_1): known")
    }
  }

  @Test func `when a silence is over, the next message counts what it held back, once`() throws {
    var life = try life()
    life.state.silences = [silence()]
    for run in ["a", "b"] { #expect(life.plan(try event(run), at: 1).deliveries.isEmpty) }
    #expect(life.plan(try event("c"), at: 600).deliveries.map(\.json) == [#"{"text":"c 2"}"#])
    #expect(life.plan(try event("d"), at: 601).deliveries.map(\.json) == [#"{"text":"d "}"#])
  }

  @Test func `a silenced message begins no cooldown`() throws {
    var life = try life(#""cooldown": {"for": "1h"},"#)
    life.state.silences = [silence()]
    #expect(life.plan(try event("a"), at: 1).deliveries.isEmpty)
    #expect(life.plan(try event("b"), at: 601).deliveries.map(\.json) == [#"{"text":"b 1"}"#])
  }

  @Test func `of several destinations only the silenced one is left out`() throws {
    let rules = try ruleSet(
      #"{"name": "r", "on": "any", "actions": [{"send": "chat", "include": ["logs"]}, {"send": "hook-in"}]}"#)
    var life = Life(rules: rules)
    life.state.silences = [silence(destinations: ["chat"])]
    let planned = life.plan(try event("a"), at: 1)
    #expect(planned.deliveries.map(\.destination.name) == ["hook-in"], "also what would first be fetched for the chat")
    #expect(planned.held.map(\.destination) == ["chat"])
  }

  @Test func `events of one commit see each other`() throws {
    let rules = try ruleSet(Self.rule.replacing("MORE", with: #""cooldown": {"for": "1h"},"#))
    var restraints = Restraints(RestraintState(), at: Self.start)
    let planned = rules.plan([try event("a"), try event("b")], &restraints)
    #expect(planned.map(\.deliveries.count) == [1, 0])
    #expect(planned.flatMap(\.windows).last?.held == 1)
  }

  @Test func `a disabled rule never fires, and says so`() throws {
    var life = try life(#""enabled": false,"#)
    let event = try event("a")
    let planned = life.plan(event, at: 0)
    #expect(planned.deliveries.isEmpty && planned.held.isEmpty)
    #expect(life.rules.verdicts(on: event).map(\.reason) == [#"the rule is disabled: "enabled" is false"#])
  }
}
