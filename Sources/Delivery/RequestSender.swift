internal import Locking
internal import Rules
internal import Runs
internal import Secrets
internal import Storage
internal import Transport
internal import WireTime

/// Makes one attempt to deliver over HTTP.
struct RequestSender: Sendable {
  /// Bytes that are kept of an answer.
  static let keptAnswer = 20_000
  /// Bytes that are read beyond them, so that a secret is whole, in its longest spelling, too, when the answer is cut.
  static let lookAhead = 16_384

  let http: HTTPClient
  let secrets: SecretSource
  let time: TimeSource
  /// Of destinations that nothing can change, by name.
  private let constant = Locked<[String: RequestParts]>([:])

  init(http: HTTPClient, secrets: SecretSource, time: TimeSource) {
    self.http = http
    self.secrets = secrets
    self.time = time
  }

  private func parts(of destination: DestinationSettings) throws -> RequestParts {
    if let parts = constant.withLock({ $0[destination.name] }) { return parts }
    let parts = try RequestParts(of: destination, secrets)
    if parts.isConstant { constant.withLock { $0[destination.name] = parts } }
    return parts
  }

  func attempt(_ delivery: ClaimedDelivery, to destination: DestinationSettings) async -> AttemptResult {
    let type = destination.kind
    do {
      let parts = try parts(of: destination)
      var request = RequestBuilder(secrets: secrets, time: time).request(
        id: delivery.id, content: delivery.content, event: delivery.event, parts)
      request.timeout = delivery.timeout ?? destination.common.timeout
      request.maximumBodyBytes = Self.keptAnswer + Self.lookAhead
      request.truncatesBody = true
      request.bodyPatience = type.answerPatience
      request.acceptsEncodings = false
      let response = try await http.send(request)
      let wait = RetryHint.wait(response, now: time.now())
      let (meaning, note) = type.answers.reading(of: ServiceAnswer(response))
      return AttemptResult(
        outcome: Outcome(meaning, retryAfter: wait?.duration),
        hold: [wait?.duration, meaning.hold].compactMap(\.self).max(), code: response.status,
        detail: detail(response, note, wait, from: request.url), output: output(response))
    } catch let error as TransportError {
      return AttemptResult(outcome: outcome(of: error), detail: "\(error)")
    } catch {
      // A secret that was there at the start is gone; it may be back when its file has been written anew.
      return AttemptResult(outcome: .retry(.notConfigured, after: nil), detail: "\(error)")
    }
  }

  /// What happened, in one clause after the other.
  ///
  /// - Parameter note: what in the answer decided.
  private func detail(_ response: HTTPResponse, _ note: String?, _ wait: WireWait?, from url: String) -> String {
    var clauses = ["answered \(response.status)\(note ?? "")"]
    if let target = response.redirectClause(from: url) {
      clauses.append("\(secrets.redactor.redact(target)): redirects aren't followed, give the destination that url")
    }
    if let wait, wait.isCut {
      clauses.append("and asked for a longer wait than is kept: it gets \(wait.duration.words)")
    }
    if let fault = response.bodyFault { clauses.append("and what it said could not be read: \(fault)") }
    return clauses.joined(separator: ", ")
  }

  /// What the other side said. An encoding that nobody asked for is left alone: no secret could be found in it.
  private func output(_ response: HTTPResponse) -> String {
    guard response.headers["Content-Encoding"] ?? "identity" == "identity" else { return "" }
    return secrets.redactor.redact(0..<min(Self.keptAnswer, response.body.count), of: response.body)
  }

  private func outcome(of error: TransportError) -> Outcome {
    switch error {
    case .cancelled, .closed: .interrupted
    case .timedOut, .stalled: .retry(.timedOut, after: nil)
    case .couldNotResolve, .couldNotConnect, .proxyRefused, .cutShort: .retry(.unreachable, after: nil)
    case .tls: .retry(.tlsFailed, after: nil)
    // It may be back when it has been written anew.
    case .unreadableFile: .retry(.notConfigured, after: nil)
    case .forbiddenAddress: .rejected(.forbiddenAddress)
    case .invalidURL, .invalidMethod, .unsupportedScheme, .invalidHeader: .rejected(.notConfigured)
    case .bodyTooLarge, .notTaken, .badAnswer, .other: .retry(.badAnswer, after: nil)
    }
  }
}

extension ServiceAnswer {
  init(_ response: HTTPResponse) {
    self.init(status: response.status, body: response.body, isWhole: response.bodyFault == nil)
  }
}
