internal import EventPatterns
internal import JSONSource
package import Runs
package import Storage

/// What a rules file means: for an event, which rules fire and what is to be done, in words that are ready to go out.
package struct RuleSet: Sendable {
  let rules: [Rule]
  /// Of the rules that have a pattern, compiled together.
  private let patterns: PatternSet
  /// The rule of each pattern.
  private let ruleOfPattern: [Int]
  /// Rules without a pattern match every run.
  private let withoutPattern: [Int]
  let link: RunLink
  /// Of the destinations that have some, by name.
  private let quietHours: [String: QuietHours]

  /// Compiles the rules. Throws ``Diagnostic`` at the pattern with which they became too complex together.
  package init(_ file: RuleFile) throws(Diagnostic) {
    let quiet = file.destinations.compactMap { destination in destination.common.quiet.map { (destination.name, $0) } }
    try self.init(file.rules, quietHours: Dictionary(quiet) { first, _ in first }, link: file.source.link)
  }

  /// The rules of a file that was in use once, to explain by. What it refers to may be gone, and is not looked up.
  package init?(remembered bytes: [UInt8]) {
    guard let rules = try? RuleSet(RuleFile.rules(remembered: bytes)) else { return nil }
    self = rules
  }

  private init(
    _ rules: [Rule], quietHours: [String: QuietHours] = [:], link: RunLink = .standard
  ) throws(Diagnostic) {
    self.link = link
    self.rules = rules
    self.quietHours = quietHours
    ruleOfPattern = rules.indices.filter { rules[$0].pattern != nil }
    withoutPattern = rules.indices.filter { rules[$0].pattern == nil }
    do throws(PatternSetError) {
      patterns = try PatternSet(rules.compactMap(\.pattern))
    } catch {
      let rule = rules[ruleOfPattern[error.pattern]]
      throw Diagnostic(offset: rule.patternOffset, "match: \(error.description)")
    }
  }

  /// For each event every action of every rule that fires, in the order of the file, whatever restrains them.
  package func deliveries(for events: [RunEvent]) -> [[PlannedDelivery]] {
    firings(events).map { event, rules, data in rules.flatMap { deliveries(of: $0, event, data) } }
  }

  /// For each event the rules that fire on it, in the order of the file, and what their templates see.
  func firings(_ events: [RunEvent]) -> [(event: RunEvent, rules: [Rule], data: TemplateData)] {
    var stopsEarly = patterns.makeMatcher(keysAreUnique: true)
    var readsAll = patterns.makeMatcher()
    return events.map { event in
      let firing = event.hasUniqueKeys ? firingRules(event, &stopsEarly) : firingRules(event, &readsAll)
      guard !firing.isEmpty, let document = try? JSONDocument(parsing: event.data) else {
        return (event, [], TemplateData(.empty, link: nil))
      }
      return (event, firing, TemplateData(document, link: link))
    }
  }

  func deliveries(of rule: Rule, _ event: RunEvent, _ data: TemplateData) -> [PlannedDelivery] {
    let context = PlannedDelivery.RenderContext(
      rule: rule.name, eventID: event.id, trigger: event.eventKind.trigger, data: data,
      results: .after(suppressed: data.suppressed))
    return rule.actions.compactMap { PlannedDelivery.first($0, context) }
  }

  /// When the quiet hours of a destination let this be told, where they hold at this moment. Nil: at once.
  ///
  /// - Parameter destination: one that isn't in the file has no quiet hours.
  package func notBefore(destination: Target, trigger: Trigger, at time: Timestamp) -> Timestamp? {
    destination.destination.flatMap { quietHours[$0]?.end(at: time, for: trigger) }
  }

  /// Whether the quiet hours of a destination hold this back at all, whatever the time is.
  package func defers(destination: Target, trigger: Trigger) -> Bool {
    destination.destination.flatMap { quietHours[$0] }.map { !$0.except.contains(trigger) } ?? false
  }

  /// The times after which runs that stay in a phase are to be told of.
  package var dwellRules: Set<DwellRule> {
    rules.reduce(into: []) { dwellRules, rule in
      guard let duration = rule.holdsFor else { return }
      for case .phase(let phase) in rule.triggers { dwellRules.insert(DwellRule(phase: phase, duration: duration)) }
    }
  }

  /// Some rule fires on this.
  package func names(_ trigger: Trigger) -> Bool {
    rules.contains { $0.triggers.contains(trigger) }
  }

  /// How many at once, of the actions that say so, by their lane.
  package var laneConcurrency: [Lane: Int] {
    var found: [Lane: Int] = [:]
    func look(_ actions: [ActionSettings], _ rule: String) {
      for action in actions {
        if let most = action.action.concurrency, case .lane(let lane) = action.target(rule: rule) { found[lane] = most }
        look(action.then + action.onFailure, rule)
      }
    }
    for rule in rules { look(rule.actions, rule.name) }
    return found
  }

  /// Some rule wants to hear at once that a run waits or has begun to run.
  package var tellsOfStarts: Bool {
    rules.contains { rule in rule.holdsFor == nil && rule.triggers.contains(where: \.canLast) }
  }

  private func firingRules(_ event: RunEvent, _ matcher: inout PatternMatcher) -> [Rule] {
    let matching = event.data.withUnsafeBytes { (try? matcher.matches($0)) ?? [] }
    let candidates = (matching.map { ruleOfPattern[$0] } + withoutPattern).sorted()
    return candidates.map { rules[$0] }.filter { $0.fires(on: event.eventKind) }
  }
}
