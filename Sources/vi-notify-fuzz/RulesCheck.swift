import JSONSource
import Rules
import Runs
import Secrets
import Storage

/// Reading a rules file, compiling its patterns, and rendering what goes out.
struct RulesCheck: FuzzCheck {
  private let events: [RunEvent]
  private static let variables = [
    "TOKEN": "token-of-the-fuzzer", "CHAT_URL": "https://chat.example/T/x", "URL": "https://x.example/y",
  ]

  init() throws {
    events = try Self.runs.map { text in
      let run = try Run(parsing: Array(text.utf8))
      return RunEvent(
        run, reading: run.reading, previousPhase: nil,
        origin: .init(organization: "org", endpoint: "https://api.example"))
    }
  }

  func check(_ input: [UInt8]) throws -> String {
    let (file, diagnostics) = RuleFile.read(input, secrets: SecretSource(environment: Self.variables))
    var locator = SourceLocator(input)
    for diagnostic in diagnostics { try hold(diagnostic, &locator, input) }
    guard (file == nil) == diagnostics.contains(where: { $0.severity == .error }) else {
      throw Broken(description: "a file with errors was accepted, or one without refused")
    }
    guard let file else { return signature(diagnostics) }
    let rules: RuleSet
    do throws(Diagnostic) {
      rules = try RuleSet(file)
    } catch {
      try hold(error, &locator, input)
      return "together: \(error.message)"
    }
    return "fine \(try judge(rules, NextSteps(file.destinations)).count) \(signature(diagnostics))"
  }

  private func hold(_ diagnostic: Diagnostic, _ locator: inout SourceLocator, _ input: [UInt8]) throws {
    guard (0...input.count).contains(diagnostic.offset), diagnostic.message.utf8.count < 4_000 else {
      throw Broken(
        description: "a mistake at \(diagnostic.offset) of \(input.count): \(diagnostic.message.prefix(200))")
    }
    let place = locator.location(of: diagnostic.offset)
    let excerpt = SourceExcerpt(of: diagnostic.offset, in: input)
    guard place.line > 0, place.column > 0, excerpt.text.utf8.count < 1_000, !excerpt.text.contains("\n") else {
      throw Broken(description: "the place of \(diagnostic) is \(place), shown as \(excerpt)")
    }
  }

  /// The rules that fire, the same by the compiled set and by the explanation of each pattern alone.
  private func judge(_ rules: RuleSet, _ next: NextSteps) throws -> [String] {
    try events.flatMap { event in
      let planned = rules.deliveries(for: [event]).flatMap { $0 }
      let byMatcher = Set(planned.map(\.rule))
      let byExplanation = Set(rules.verdicts(on: event).filter(\.fired).map(\.rule))
      guard byMatcher == byExplanation else {
        throw Broken(description: "\(byMatcher) fire, \(byExplanation) are said to")
      }
      for delivery in planned { try follow(delivery, of: event, next) }
      return byMatcher.sorted()
    }
  }

  /// What was accepted can be carried out from what is kept of it, step by step, whatever the steps leave.
  private func follow(_ delivery: PlannedDelivery, of event: RunEvent, _ next: NextSteps) throws {
    if case .delivery(.body(let body)) = delivery.content { _ = try JSONDocument(parsing: body) }
    guard let kept = delivery.continuation else { return }
    let step = SettledStep(
      id: delivery.id, rule: delivery.rule, label: delivery.action, eventID: event.id, event: event.body,
      continuation: kept)
    let left = StepResult(path: "/m/\"x", exitCode: 7, stdout: "{{runId}} ${env:TOKEN} \u{0}\n<>")
    // What was held until something is fetched begins either way: it is one step, with one id.
    var ids: Set<String> = []
    let begun = (next.after(step, left, error: nil) + next.after(step, left, error: "\"why\" {{x}}"))
      .filter { ids.insert($0.id).inserted }
    let named = FollowUpActions.steps(of: kept, rule: delivery.rule, after: delivery.action)
    // A condition on results can keep a step from beginning, so that it is named and doesn't begin.
    let expected =
      String(decoding: kept, as: UTF8.self).contains(#""when""#)
      ? named.filter { step in begun.contains { $0.action == step.label } } : named
    guard begun.map(\.action) == expected.map(\.label), begun.map(\.destination) == expected.map(\.destination) else {
      throw Broken(description: "\(named) are named, \(begun.map { ($0.action, $0.destination) }) begin")
    }
    for step in begun { try follow(step, of: event, next) }
  }

  private func signature(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.prefix(3).map { diagnostic in
      let words = diagnostic.message.split(separator: " ").filter { $0.allSatisfy(\.isLetter) }
      return String(words.joined(separator: " ").prefix(60))
    }.joined(separator: ";") + "\(min(diagnostics.count, 10))"
  }

  private static let runs = [
    """
    {"runId": "run_1", "organizationId": "org", "spec": {"flow": {"name": "prod-detector", "rate": 3.0e2}},
     "metadata": {"attributes": {"stage": "release", "ip": "10.0.0.1", "n": 300, "list": [1, "a", {"b": null}]}},
     "status": {"conditions": [
      {"condition": "Started", "status": "Reached", "lastTransitionTime": 1795427160000},
      {"condition": "Failed", "lastTransitionTime": 1795427190000, "reason": "OutOfMemory", "message": "<a> \\"b\\" {{flow}}"}]}}
    """,
    """
    {"runId": "run_2", "status": {"conditions": [{"condition": "Succeeded", "lastTransitionTime": 1795427190000}]}}
    """,
    """
    {"runId": "run_3", "spec": {}, "status": {"conditions": [
      {"condition": "Running", "status": "Waiting", "lastTransitionTime": 1795427190000}]}}
    """,
  ]
}
