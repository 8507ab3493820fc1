import Delivery
import Glibc
import Hooks
import Logging
import Rules
import Runs
import Secrets
import Storage
import Stores
import Transport

/// A state on the disk and a dispatcher, as `watch` puts them together.
struct OutboxKit {
  let store: any StateStore
  let dispatcher: Dispatcher
  private let http: HTTPClient
  private let body: [UInt8]

  /// What is sent, and to what.
  struct Sink: Sendable {
    /// Members of the destination, JSON.
    let type: String
    let body: [UInt8]

    /// 1 kB to a webhook that is signed.
    static let signed = Sink(
      type: #""type": "webhook", "secret": "${env:KEY}""#,
      body: [UInt8]("{\"text\":\"\(String(repeating: "x", count: 1_000))\"}".utf8))

    /// Blocks to a webhook, which has no limits.
    static let unlimited = Sink(type: #""type": "webhook""#, body: blocks)

    /// The same to Slack, whose limits are looked for in each of them.
    static let limited = Sink(
      type: #""type": "slack", "rateLimit": {"count": 10000, "per": "100ms"}"#, body: blocks)

    /// A header, sections with fields, and a context, as people write them: 1.6 kB within all limits.
    private static let blocks: [UInt8] = {
      let words = String(repeating: "the loss has not fallen for ten epochs ", count: 6)
      let field = { (name: String) in #"{"type": "mrkdwn", "text": "*\#(name)*\ndefect detector 4 of 7"}"# }
      let section =
        #"{"type": "section", "text": {"type": "mrkdwn", "text": "\#(words)"}, "fields": [\#(["Flow", "Took", "Epoch", "Loss"].map(field).joined(separator: ", "))]}"#
      return [UInt8](
        """
        {"text": "a run failed", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "defect detector failed"}},
        \(section), {"type": "divider"}, \(section), {"type": "context", "elements": [{"type": "mrkdwn", "text": "run_8f2c"}]}]}
        """.utf8)
    }()
  }

  struct Failure: Error {}

  /// - Parameters:
  ///   - url: of the destination `sink`, 64 at once.
  ///   - sink: what it gets.
  ///   - stuck: of a second destination, `stuck`.
  ///   - onLog: gets the metadata of everything that the dispatcher says.
  init(
    path: String, for use: StateUse = .watching, url: String, sink: Sink = .signed, stuck: String? = nil,
    onLog: (@Sendable (Logger.Metadata) -> Void)? = nil
  ) throws {
    store = try StateStores.open(path, for: use)
    body = sink.body
    let destination = { (name: String, url: String) in
      #""\#(name)": {\#(sink.type), "url": "\#(url)/hook", "concurrency": 64}"#
    }
    let destinations = [destination("sink", url)] + (stuck.map { [destination("stuck", $0)] } ?? [])
    let rules = """
      {"version": 1, "destinations": {\(destinations.joined(separator: ","))},
       "rules": [{"name": "r", "actions": [{"send": "sink"}]}]}
      """
    let secrets = SecretSource(environment: ["KEY": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    guard let file = RuleFile.read(Array(rules.utf8), secrets: secrets).0 else { throw Failure() }
    http = HTTPClient(HTTPClient.Configuration(maximumConnectionsPerHost: 64))
    let log = OutboxKit.log(onLog)
    dispatcher = Dispatcher(
      store: store,
      configuration: DeliveryConfiguration(
        DeliveryPlan(file.destinations), http: http, secrets: secrets, hookRunner: HookRunner(baseEnvironment: [:]),
        time: .system, log: log),
      clock: StateClock(.system), log: log)
  }

  private static func log(_ onLog: (@Sendable (Logger.Metadata) -> Void)?) -> Logger {
    var log = Logger(label: "bench") { _ in Listener(onLog: onLog) }
    log.logLevel = onLog == nil ? .critical : .info
    return log
  }

  /// Puts one delivery for each of so many runs into the outbox, as sweeps do.
  func fill(_ range: Range<Int>, to destination: String = "sink") async throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 1_000) {
      var sweep = SweepCommit(organization: "org", time: TimeSource.system.now())
      for index in start..<min(start + 1_000, range.upperBound) {
        sweep.events.append(try event(index, to: destination))
      }
      _ = try await store.commit(sweep)
    }
  }

  private func event(_ index: Int, to destination: String) throws -> NewEvent {
    let document = """
      {"runId":"run_\(index)","status":{"conditions":[{"condition":"Failed","lastTransitionTime":1766000000000}]}}
      """
    let run = try Run(parsing: Array(document.utf8))
    let event = RunEvent(
      run, reading: run.reading, previousPhase: nil, origin: .init(organization: "org", endpoint: "https://vi"))
    let digits = String(UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
    let delivery = NewDelivery(
      id: "msg_\(digits)", rule: "r", destination: .destination(destination), content: .body(body))
    return NewEvent(event: event, deliveries: [delivery])
  }

  func close() async {
    await http.close()
    store.close()
  }
}

private struct Listener: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info
  let onLog: (@Sendable (Logger.Metadata) -> Void)?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { onLog?(event.metadata ?? [:]) }
}
