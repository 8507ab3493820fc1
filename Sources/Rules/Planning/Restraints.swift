internal import EventPatterns
internal import JSONSource
package import Runs
package import Storage

/// What keeps the messages of rules from being planned at one moment: silences, and cooldowns, which what is planned changes.
///
/// A value: who commits the events commits what it says of them, or neither.
package struct Restraints: Sendable {
  private let silences: [(silence: Silence, pattern: EventPattern?)]
  private var windows: [Key: CooldownWindow]
  private let now: Timestamp

  private struct Key: Hashable {
    let rule: String
    let key: String
  }

  /// A silence whose pattern this version can't read is taken to be for nothing: a message too many is better than one too few.
  package init(_ state: RestraintState, at now: Timestamp) {
    self.now = now
    silences = state.silences.compactMap { silence in
      guard silence.isActive(at: now) else { return nil }
      guard let text = silence.pattern else { return (silence, nil) }
      return (try? EventPattern(JSONDocument(parsing: text).root)).map { (silence, $0) }
    }
    windows = Dictionary(state.windows.map { (Key(rule: $0.rule, key: $0.key), $0) }) { first, _ in first }
  }

  package static let none = Restraints(RestraintState(), at: Timestamp(milliseconds: 0))

  /// What a rule that fires on an event does.
  enum Verdict {
    /// - Parameter suppressed: the number of events held back since the rule's last message.
    case goes(suppressed: Int)
    /// - Parameter why: a clause.
    case rests(why: String)
  }

  /// Opens a window where the rule has a cooldown and goes.
  mutating func judge(_ rule: Rule, _ data: TemplateData) -> Verdict {
    let key = Key(rule: rule.name, key: rule.cooldown?.key(of: data) ?? "")
    let window = windows[key]
    if let window, rule.cooldown != nil, now < window.until {
      windows[key]?.held += 1
      return .rests(why: "it has fired already, and cools down until \(window.until.iso8601)")
    }
    return .goes(suppressed: window?.held ?? 0)
  }

  /// Records that the rule sent a message: the count of held-back events starts again, and its cooldown begins.
  mutating func noteMessage(of rule: Rule, _ data: TemplateData) {
    let key = Key(rule: rule.name, key: rule.cooldown?.key(of: data) ?? "")
    guard let cooldown = rule.cooldown else {
      windows[key]?.held = 0
      return
    }
    windows[key] = CooldownWindow(rule: rule.name, key: key.key, until: now + cooldown.duration, held: 0)
  }

  /// Records that a silence held back everything the rule would have sent.
  mutating func noteSilence(of rule: Rule, _ data: TemplateData) {
    let key = Key(rule: rule.name, key: rule.cooldown?.key(of: data) ?? "")
    windows[key, default: CooldownWindow(rule: rule.name, key: key.key, until: now, held: 0)].held += 1
  }

  /// Why a delivery is silenced, as a clause; nil: it isn't.
  func silence(rule: String, destination: String, _ data: JSONNode) -> String? {
    let found = silences.first { silence, pattern in
      (silence.rules.isEmpty || silence.rules.contains(rule))
        && (silence.destinations.isEmpty || silence.destinations.contains(destination))
        && (pattern.map { $0.explain(data) == .matches } ?? true)
    }
    return found?.silence.clause
  }

  func window(of rule: Rule, _ data: TemplateData) -> CooldownWindow? {
    windows[Key(rule: rule.name, key: rule.cooldown?.key(of: data) ?? "")]
  }
}

/// What an event causes, and what it would have caused.
package struct PlannedEvent: Sendable {
  package var deliveries: [PlannedDelivery] = []
  package var held: [HeldBack] = []
  /// Of the rules that fired, as they are now.
  package var windows: [CooldownWindow] = []
}

extension RuleSet {
  /// For each event every action of every rule that fires and that nothing restrains, in the order of the file.
  ///
  /// - Parameter restraints: changed by what is planned.
  package func plan(_ events: [RunEvent], _ restraints: inout Restraints) -> [PlannedEvent] {
    firings(events).map { event, rules, data in
      var planned = PlannedEvent()
      for rule in rules { plan(rule, event, data, &restraints, into: &planned) }
      return planned
    }
  }

  private func plan(
    _ rule: Rule, _ event: RunEvent, _ data: TemplateData, _ restraints: inout Restraints,
    into planned: inout PlannedEvent
  ) {
    func held(_ delivery: PlannedDelivery, _ why: String) -> HeldBack {
      HeldBack(
        eventID: event.id, runID: event.runID, rule: rule.name, action: delivery.action,
        destination: delivery.sendsTo ?? delivery.destination.name, reason: why, at: restraints.moment)
    }
    let before = restraints.window(of: rule, data)
    switch restraints.judge(rule, data) {
    case .rests(let why): planned.held += deliveries(of: rule, event, data).map { held($0, why) }
    case .goes(let suppressed):
      var isSilenced = false
      let all = deliveries(of: rule, event, data.with(suppressed: suppressed))
      for delivery in all {
        let destination = delivery.sendsTo ?? delivery.destination.name
        if let why = restraints.silence(rule: rule.name, destination: destination, data.document.root) {
          isSilenced = true
          planned.held.append(held(delivery, why))
        } else {
          planned.deliveries.append(delivery)
        }
      }
      if !isSilenced || planned.deliveries.contains(where: { $0.rule == rule.name }) {
        restraints.noteMessage(of: rule, data)
      } else {
        restraints.noteSilence(of: rule, data)
      }
    }
    if let window = restraints.window(of: rule, data), window != before { planned.windows.append(window) }
  }
}

extension Restraints {
  fileprivate var moment: Timestamp { now }
}
