import JSONSource
import Rules
import Runs
import Storage

/// A chain of actions for display: the started steps with state and times, and the steps that wait for them.
struct ChainTree {
  private let rule: String
  /// Nil: not started.
  private let record: DeliveryRecord?
  private let label: String
  private let destination: Target
  private let branch: String?
  private let children: [ChainTree]

  /// The chains among these steps; a single action without further steps isn't one.
  static func all(of steps: [DeliveryStep]) -> [ChainTree] {
    let ids = Set(steps.map(\.record.id))
    let byParent = Dictionary(grouping: steps) { $0.record.link?.parent ?? "" }
    return steps.filter { !ids.contains($0.record.link?.parent ?? "") }
      .map { ChainTree($0, byParent) }.filter { !$0.children.isEmpty }
  }

  private init(_ step: DeliveryStep, _ byParent: [String: [DeliveryStep]]) {
    let record = step.record
    (self.record, rule, label, destination) = (record, record.rule, record.action, record.destination)
    branch = record.link?.branch.rawValue
    let begun = byParent[record.id] ?? []
    let isSettled = record.settledAt != nil
    children = FollowUpActions.steps(of: step.continuation ?? [], rule: record.rule, after: record.action)
      .compactMap { planned in
        if let step = begun.first(where: { $0.record.action == planned.label }) { return ChainTree(step, byParent) }
        return isSettled ? nil : ChainTree(planned, of: record.rule)
      }
  }

  private init(_ planned: FollowUpActions.PlannedStep, of rule: String) {
    record = nil
    self.rule = rule
    (label, destination, branch) = (planned.label, planned.destination, planned.branch.rawValue)
    children = []
  }

  /// `✓ model → download: delivered at 2026-11-23T09:46:00.000Z after 12s`, followed by its steps.
  ///
  /// - Parameter before: the first line begins with it, the others with as many spaces.
  func print(_ time: PeopleTime, after before: String = "") {
    let margin = String(repeating: " ", count: before.terminalWidth)
    for (index, line) in (["\(rule): \(text(time))"] + branches(indent: "", time)).enumerated() {
      let depth = line.prefix { " │├└─".contains($0) }.count
      Console.shared.print((index == 0 ? before : margin) + line, hanging: margin.count + depth + 2)
    }
  }

  private func branches(indent: String, _ time: PeopleTime) -> [String] {
    children.enumerated().flatMap { index, child in
      let isLast = index == children.count - 1
      let line = "\(indent)\(isLast ? "└─" : "├─") \(child.branch ?? "") \(child.text(time))"
      return [line] + child.branches(indent: indent + (isLast ? "   " : "│  "), time)
    }
  }

  private func text(_ time: PeopleTime) -> String {
    "\(mark) \(label) → \(destination): \(state(time))"
  }

  private var mark: String {
    switch record?.status {
    case .delivered: "✓"
    case .dead: "✗"
    case .pending, .claimed: "…"
    case nil: "·"
    }
  }

  private func state(_ time: PeopleTime) -> String {
    guard let record else { return "not started" }
    guard let settledAt = record.settledAt else {
      let tried = record.attempts == 0 ? "" : " after attempt \(record.attempts)"
      let why = record.reason.map { " (\($0.prefix(100)))" } ?? ""
      return "\(record.shownStatus)\(tried) since \(time.stamp(record.createdAt))\(why)"
    }
    let why = record.status == .dead ? record.reason.map { ", \($0.prefix(200))" } ?? "" : ""
    return "\(record.shownStatus) at \(time.stamp(settledAt)) after \((settledAt - record.createdAt).words)\(why)"
  }
}

extension ChainTree {
  func write(into json: inout JSONWriter) {
    json.object { json in
      json.member("action", label)
      json.member("branch", branch)
      json.member("destination", destination.name)
      json.member("deliveryId", record?.id)
      json.member("status", record?.shownStatus ?? "waiting")
      json.member("createdAt", record?.createdAt.iso8601)
      json.member("settledAt", record?.settledAt?.iso8601)
      json.member("reason", record?.reason)
      json.member("next") { json in json.array(children) { $1.write(into: &$0) } }
    }
  }
}
