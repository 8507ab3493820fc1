internal import Locking
internal import Rules
internal import Runs
internal import Secrets
internal import Storage
internal import Tracing
internal import Transport
internal import WireTime

/// Makes one attempt to deliver to a destination: over HTTP itself, otherwise by the sender of that kind.
struct RequestSender: Sendable {
  /// Bytes that are kept of an answer.
  static let keptAnswer = 20_000
  /// Bytes that are read where the yes, or the name of a message, stands in the answer: Slack's says the whole message again.
  static let readAnswer = 1 << 20
  /// Bytes that are read beyond them, so that a secret is whole, in its longest spelling, too, when the answer is cut.
  static let lookAhead = 16_384

  let http: HTTPClient
  let secrets: SecretSource
  /// Nil: there are no traces.
  let tracer: Tracer?
  let time: TimeSource
  private let files = FileSender()
  /// Of destinations that nothing can change, by name.
  private let constant = Locked<[String: RequestParts]>([:])

  init(http: HTTPClient, secrets: SecretSource, tracer: Tracer? = nil, time: TimeSource) {
    self.http = http
    self.secrets = secrets
    self.tracer = tracer
    self.time = time
  }

  func fingerprint(of destination: DestinationSettings) -> String { destination.fingerprint(secrets) }

  private func parts(of destination: DestinationSettings) throws -> RequestParts {
    if let parts = constant.withLock({ $0[destination.name] }) { return parts }
    let parts = try RequestParts(of: destination, secrets)
    if parts.isConstant { constant.withLock { $0[destination.name] = parts } }
    return parts
  }

  /// - Parameter sequel: what the message continues; nil: nothing, and nobody wants to know how it is named.
  func attempt(
    _ delivery: ClaimedDelivery, to destination: DestinationSettings, _ sequel: OutgoingSequel? = nil
  ) async -> AttemptResult {
    let timeout = delivery.timeout ?? destination.common.timeout
    do {
      let message = RequestBuilder(secrets: secrets, time: time).message(
        id: delivery.id, run: delivery.runID, content: delivery.content, event: delivery.event,
        sequel: sequel ?? OutgoingSequel(), try parts(of: destination))
      switch message {
      case .http(var request):
        request.fairnessKey = destination.name
        guard let tracer else { return await attempt(request, timeout: timeout, destination.kind, sequel) }
        let traced =
          destination.kind == .webhook ? request.with(traceparent: tracer.traceparent(of: delivery)) : request
        var result = await attempt(traced, timeout: timeout, destination.kind, sequel)
        result.server = Tracer.server(of: request.url)
        return result
      case .mail(var mail, _):
        mail.fairnessKey = destination.name
        return await MailSender(http: http, secrets: secrets).attempt(mail, timeout: timeout, destination.kind)
      case .publish(let publication):
        return await PublicationSender().attempt(publication, timeout: timeout, destination.kind)
      case .append(let line): return await files.attempt(line, timeout: timeout)
      }
    } catch {
      // A secret that was there at the start is gone; it may be back when its file has been written anew.
      return AttemptResult(outcome: .retry(.notConfigured, after: nil), detail: "\(error)")
    }
  }

  private func attempt(
    _ request: HTTPRequest, timeout: Duration, _ type: DestinationSettings.Kind, _ sequel: OutgoingSequel?
  ) async -> AttemptResult {
    var request = request
    do throws(TransportError) {
      request.timeout = timeout
      let mustBeRead = sequel != nil || type.answerPatience == nil
      request.maximumBodyBytes = mustBeRead ? Self.readAnswer : Self.keptAnswer + Self.lookAhead
      request.truncatesBody = true
      // What the message is called is worth as long a wait as whether it was taken.
      request.bodyPatience = mustBeRead ? nil : type.answerPatience
      request.acceptsEncodings = false
      let response = try await http.send(request)
      let wait = RetryHint.wait(response, now: time.now())
      let answer = ServiceAnswer(response)
      let (meaning, note) = type.answers.reading(of: answer, namesOthers: sequel?.namesOthers ?? false)
      var result = AttemptResult(
        outcome: Outcome(meaning, retryAfter: wait?.duration),
        hold: [wait?.duration, meaning.hold].compactMap(\.self).max(), code: response.status,
        detail: detail(response, note, wait, from: request.url), output: output(response))
      result.hasVanished = meaning == .vanished
      if sequel != nil, meaning == .delivered { result.name = type.links?.name(in: answer).flatMap(withoutSecrets) }
      return result
    } catch {
      return AttemptResult(outcome: Outcome(error), detail: "\(error)")
    }
  }

  /// Nil where it holds one: a name is kept, and goes out again.
  private func withoutSecrets(_ name: [UInt8]) -> [UInt8]? {
    let text = String(decoding: name, as: UTF8.self)
    return secrets.redactor.redact(text) == text ? name : nil
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
    guard !response.body.isEmpty, response.headers["Content-Encoding"] ?? "identity" == "identity" else { return "" }
    return secrets.redactor.redact(0..<min(Self.keptAnswer, response.body.count), of: response.body)
  }
}

extension HTTPRequest {
  /// Unless the rules file gives the destination a context of its own.
  fileprivate func with(traceparent value: String) -> HTTPRequest {
    guard !headers.contains(where: { $0.name.lowercased() == "traceparent" }) else { return self }
    var request = self
    request.headers.append(("traceparent", value))
    return request
  }
}

extension Outcome {
  init(_ error: TransportError) {
    self =
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
