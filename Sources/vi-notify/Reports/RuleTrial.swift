import Daemon
import Delivery
import JSONSource
import Rules
import Runs
import Secrets
import Storage
import Watching

/// The result of the rules for one run: verdicts, and everything that would be sent.
struct RuleTrial {
  let verdicts: [RuleVerdict]
  private let outgoing: [Outgoing]

  private struct Outgoing {
    let planned: PlannedDelivery
    let delivery: NewDelivery
    /// Nil for local actions.
    let message: PreparedMessage.Preview?
    /// The number of steps before it.
    let depth: Int
  }

  private let redactor: Redactor

  /// Throws if a secret can't be used.
  init(_ configuration: Configuration, of run: Run) throws {
    let (source, secrets) = (configuration.file.source, configuration.secrets)
    let endpoint = (try? secrets.resolvePlain(source.endpoint, as: .endpoint)) ?? "https://api.vi.datature.com"
    let organization = run.organization ?? (try? secrets.resolvePlain(source.organization)) ?? "organization"
    let event = RunEvent(
      run, reading: run.reading, previousPhase: nil,
      origin: .init(organization: organization, endpoint: endpoint))
    try self.init(configuration, on: event)
  }

  /// - Parameter isMeant: which of the actions that fire; their later steps are shown with them.
  init(
    _ configuration: Configuration, on event: RunEvent, where isMeant: (PlannedDelivery) -> Bool = { _ in true }
  ) throws {
    let secrets = configuration.secrets
    verdicts = configuration.rules.verdicts(on: event)
    redactor = secrets.redactor
    let builder = RequestBuilder(secrets: secrets, time: .system)
    let destinations = Dictionary(configuration.file.destinations.map { ($0.name, $0) }) { first, _ in first }
    let rules = configuration.rules
    let next = NextSteps(configuration.file.destinations, link: configuration.file.source.link)
    func outgoing(_ planned: PlannedDelivery, depth: Int) throws -> [Outgoing] {
      // Show a digest as if nothing else happened.
      let alone = rules.digest(
        id: planned.id, rule: planned.rule, action: planned.action, CollectedEvents(events: [event.body], count: 1))
      guard let delivery = NewDelivery(planned) ?? alone.flatMap({ NewDelivery($0) }) else { return [] }
      let message = try planned.destination.destination.flatMap { destinations[$0] }.map { destination in
        try builder.message(
          id: delivery.id, run: event.runID, content: delivery.content, event: event.body,
          sequel: OutgoingSequel(thread: delivery.sequel.thread), to: destination
        ).preview
      }
      let later = planned.continuation.map { continuation in
        next.preview(
          after: SettledStep(
            id: planned.id, rule: planned.rule, label: planned.action, eventID: event.id, event: event.body,
            continuation: continuation), planned.type)
      }
      return try [Outgoing(planned: planned, delivery: delivery, message: message, depth: depth)]
        + (later ?? []).flatMap { try outgoing($0, depth: depth + 1) }
    }
    self.outgoing = try rules.deliveries(for: [event]).flatMap { $0 }.filter(isMeant)
      .flatMap { try outgoing($0, depth: 0) }
  }

  var json: [UInt8] {
    JSONWriter.object { json in
      json.member("fired") { $0.array(verdicts.filter(\.fired)) { $0.string($1.rule) } }
      json.member("rules") { json in
        json.array(verdicts) { json, verdict in
          json.object { json in
            json.member("name", verdict.rule)
            json.member("fired", verdict.fired)
            json.member("reason", verdict.reason)
          }
        }
      }
      json.member("deliveries") { json in json.array(outgoing) { write($1, into: &$0) } }
    }
  }

  private func write(_ outgoing: Outgoing, into json: inout JSONWriter) {
    json.object { json in
      json.member("rule", outgoing.planned.rule)
      json.member("action", outgoing.planned.action)
      json.member("destination", outgoing.planned.destination.name)
      if let link = outgoing.planned.link {
        json.member("parent", link.parent)
        json.member("branch", link.branch.rawValue)
      }
      if let message = outgoing.message {
        json.member("request") { write(message, into: &$0) }
      } else if let command = outgoing.delivery.content.command {
        json.member("command", raw: command)
      }
    }
  }

  private func write(_ request: PreparedMessage.Preview, into json: inout JSONWriter) {
    json.object { json in
      json.member("method", request.method)
      json.member("url", redactor.redact(request.url))
      json.member("headers") { json in
        json.object { json in
          for header in request.headers { json.member(header.name, redactor.redact(header.value)) }
        }
      }
      if request.body.isEmpty {
        json.member("body", raw: Array("null".utf8))
      } else if (try? JSONDocument(parsing: request.body)) != nil {
        json.member("body", raw: request.body)
      } else {
        json.member("body", String(decoding: request.body, as: UTF8.self))
      }
    }
  }

  func print() {
    let console = Console.shared
    for verdict in verdicts {
      console.print("\(verdict.fired ? "✓" : "✗") \(verdict.rule): \(verdict.reason)")
    }
    printOutgoing()
  }

  /// Exactly what would be sent and run, secrets as `•••`.
  func printOutgoing() {
    let console = Console.shared
    for outgoing in outgoing {
      let planned = outgoing.planned
      let branch = planned.link.map { "\(String(repeating: "  ", count: outgoing.depth))\($0.branch.rawValue): " } ?? ""
      console.print("")
      console.print("\(branch)\(planned.rule), \(planned.action) → \(planned.destination)")
      if let request = outgoing.message {
        console.print("  \(request.method) \(redactor.redact(request.url))")
        for header in request.headers { console.print("  \(header.name): \(redactor.redact(header.value))") }
        console.print("  \(redactor.redact(String(decoding: request.body, as: UTF8.self)))")
      } else if let command = outgoing.delivery.content.command {
        console.print("  \(redactor.redact(String(decoding: command, as: UTF8.self)))")
      }
    }
  }
}
