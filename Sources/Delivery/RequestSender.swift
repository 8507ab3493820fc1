internal import Rules
internal import Runs
internal import Secrets
internal import Storage
internal import Transport

/// Makes one attempt to deliver over HTTP.
struct RequestSender: Sendable {
  /// What is kept of an answer; the rest is not even read.
  static let keptAnswer = 20_000

  let http: HTTPClient
  let secrets: SecretSource
  let time: TimeSource

  func attempt(_ delivery: ClaimedDelivery, to destination: DestinationSettings) async -> AttemptResult {
    let type = destination.kind.type
    do {
      let response = try await http.send(request(delivery, destination, type))
      var outcome = type.outcome(of: response, retryAfter: response.retryAfter(now: time.now().milliseconds))
      if outcome == .interrupted { outcome = .retry(.badAnswer, after: nil) }
      return AttemptResult(
        outcome: outcome, code: response.status, detail: "answered \(response.status)",
        output: String(decoding: response.body, as: UTF8.self))
    } catch let error as TransportError {
      return AttemptResult(outcome: outcome(of: error), detail: "\(error)")
    } catch {
      // A secret that was there at the start is gone; it may be back when its file has been written anew.
      return AttemptResult(outcome: .retry(.notConfigured, after: nil), detail: "\(error)")
    }
  }

  private func request(
    _ delivery: ClaimedDelivery, _ destination: DestinationSettings, _ type: any DestinationType
  ) throws -> HTTPRequest {
    let (contentType, body) = type.message(delivery)
    let url = try secrets.resolve(destination.url).revealed
    secrets.redactor.addPath(ofURL: url)
    var headers = try destination.headers.map { (name: $0.name, value: try secrets.resolve($0.value).revealed) }
    if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      headers.append(("Content-Type", contentType))
    }
    if destination.kind == .webhook { headers += try signature(delivery, body, destination) }
    var request = HTTPRequest("POST", url, headers: headers, body: body)
    request.timeout = delivery.timeout ?? destination.timeout
    request.maximumBodyBytes = Self.keptAnswer
    request.truncatesBody = true
    return request
  }

  private func signature(
    _ delivery: ClaimedDelivery, _ body: [UInt8], _ destination: DestinationSettings
  ) throws -> [(name: String, value: String)] {
    let timestamp = time.now().milliseconds / 1000
    let keys = try destination.secrets.map { try SigningKey(secrets.resolve($0)) }
    var headers = [(name: "webhook-id", value: delivery.id), (name: "webhook-timestamp", value: "\(timestamp)")]
    if !keys.isEmpty {
      let signature = StandardWebhooks.signature(id: delivery.id, timestamp: timestamp, body: body, keys: keys)
      headers.append(("webhook-signature", signature))
    }
    return headers
  }

  private func outcome(of error: TransportError) -> Outcome {
    switch error {
    case .cancelled, .closed: .interrupted
    case .timedOut, .stalled: .retry(.timedOut, after: nil)
    case .couldNotResolve, .couldNotConnect, .cutShort: .retry(.unreachable, after: nil)
    case .tls: .retry(.tlsFailed, after: nil)
    case .invalidURL, .invalidMethod, .unsupportedScheme, .invalidHeader: .rejected(.notConfigured)
    case .bodyTooLarge, .badAnswer, .other: .retry(.badAnswer, after: nil)
    }
  }
}
