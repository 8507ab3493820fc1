internal import Rules
internal import Storage

/// What becomes of a message when its destination has another type than the one it was made for: the rules file has given it
/// another, or somebody has sent the message elsewhere.
extension Dispatcher {
  /// Between two looks whether a message that can't be sent can be by now.
  static let formPause: Duration = .seconds(300)

  /// The delivery as this destination takes it: as it is, or in our own words for that type; nil when it was written for another.
  func fitted(_ delivery: ClaimedDelivery, to kind: DestinationSettings.Kind) async throws -> ClaimedDelivery? {
    switch delivery.content {
    case .hook, .download, .include: return delivery
    case .event: return try await standard(delivery, for: kind)
    case .body:
      guard let form = delivery.form, form != kind.rawValue else {
        return kind.needsEvent ? try await withEvent(delivery) : delivery
      }
      return delivery.isStandard ? try await standard(delivery, for: kind) : nil
    }
  }

  private func standard(_ delivery: ClaimedDelivery, for kind: DestinationSettings.Kind) async throws
    -> ClaimedDelivery?
  {
    var fitted = try await withEvent(delivery)
    guard let content = kind.standardMessage(of: fitted.event) else { return nil }
    fitted.content = content
    return fitted
  }

  /// A body is read without its event.
  private func withEvent(_ delivery: ClaimedDelivery) async throws -> ClaimedDelivery {
    var delivery = delivery
    if delivery.event.isEmpty { delivery.event = try await store.delivery(id: delivery.id)?.event ?? [] }
    return delivery
  }

  func misfit(_ delivery: ClaimedDelivery, _ kind: DestinationSettings.Kind) -> AttemptResult {
    let made = delivery.form.map { "for a destination of type \($0)" } ?? "by a later version"
    return AttemptResult(
      outcome: .retry(.wrongForm, after: Self.formPause),
      detail:
        "the message was made \(made), and \(delivery.destination) is of type \(kind.rawValue); send it elsewhere: "
        + "vi-notify deliveries replay \(delivery.id) --to DESTINATION")
  }
}
