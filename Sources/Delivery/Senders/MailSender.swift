internal import Rules
internal import Secrets
internal import Transport

/// Makes one attempt to hand a mail to its server.
struct MailSender: Sendable {
  let http: HTTPClient
  let secrets: SecretSource

  func attempt(_ mail: MailRequest, timeout: Duration, _ type: DestinationSettings.Kind) async -> AttemptResult {
    var mail = mail
    mail.timeout = timeout
    do throws(TransportError) {
      let reply = try await http.send(mail)
      let (meaning, note) = type.answers.reading(of: ServiceAnswer(status: reply.code, body: []))
      let said = secrets.redactor.redact(reply.text)
      let words = said.split(separator: "\n").first.map { ": \($0.prefix(200))" } ?? ""
      return AttemptResult(
        outcome: Outcome(meaning, retryAfter: nil), hold: meaning.hold, code: reply.code,
        detail: "answered \(reply.code)\(note ?? "")\(meaning == .delivered ? "" : words)", output: said)
    } catch {
      return AttemptResult(outcome: Outcome(error), detail: "\(error)")
    }
  }
}
