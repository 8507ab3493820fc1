internal import Rules
internal import Transport

/// Makes one attempt to publish to a broker.
struct PublicationSender: Sendable {
  private let client = BrokerClient()

  func attempt(_ publication: Publication, timeout: Duration, _ type: DestinationSettings.Kind) async -> AttemptResult {
    var publication = publication
    publication.timeout = timeout
    do throws(TransportError) {
      let reply = try await client.publish(publication)
      let (meaning, note) = type.answers.reading(of: ServiceAnswer(status: reply.reason, body: []))
      return AttemptResult(
        outcome: Outcome(meaning, retryAfter: nil), hold: meaning.hold, code: reply.reason,
        detail: "answered \(reply.reason)\(note ?? "")\(meaning == .delivered ? "" : ": \(reply.text)")")
    } catch {
      return AttemptResult(outcome: Outcome(error), detail: "\(error)")
    }
  }
}
