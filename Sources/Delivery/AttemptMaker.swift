internal import Rules
internal import Storage

/// Makes one attempt: finds who sends it, and sees to it that the message is one that its destination understands.
struct AttemptMaker: Sendable {
  /// Between two looks whether a message that can't be sent can be by now.
  static let formPause: Duration = .seconds(300)

  let store: any StateStore
  private let sequels: SequelSender

  init(store: any StateStore) {
    self.store = store
    sequels = SequelSender(store: store)
  }

  /// - Parameter configuration: that was in use when the attempt began.
  /// - Throws: `StorageError`.
  func attempt(
    _ delivery: ClaimedDelivery, _ configuration: DeliveryConfiguration
  ) async throws(StorageError) -> AttemptResult {
    switch delivery.content {
    case .hook(let call): return await configuration.hooks.attempt(delivery, call)
    case .download(let call):
      guard let models = configuration.models else {
        return AttemptResult(outcome: .rejected(.notConfigured), detail: "there is no source to download from")
      }
      return await models.attempt(delivery, call)
    case .include(let call):
      // Without a source there is nothing to wait for.
      return await configuration.extras?.attempt(delivery, call) ?? AttemptResult(outcome: .delivered)
    case .event, .body: break
    }
    guard let destination = configuration.plan.settings(of: delivery.destination) else {
      return AttemptResult(
        outcome: .rejected(.notConfigured), detail: "the rules file has no destination \(delivery.destination) any more"
      )
    }
    guard let fitted = try await fitted(delivery, to: destination.kind) else {
      return misfit(delivery, destination.kind)
    }
    let requests = configuration.requests
    guard fitted.sequel != .none, let links = destination.links else {
      return await requests.attempt(fitted, to: destination)
    }
    return try await sequels.attempt(fitted, links, fingerprint: requests.fingerprint(of: destination)) { sequel in
      await requests.attempt(fitted, to: destination, sequel)
    }
  }

  /// The delivery as this destination takes it: as it is, or in our own words for that type, when the rules file has given the
  /// destination another or somebody has sent the message elsewhere. Nil when it was written for another type.
  private func fitted(
    _ delivery: ClaimedDelivery, to kind: DestinationSettings.Kind
  ) async throws(StorageError) -> ClaimedDelivery? {
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

  private func standard(
    _ delivery: ClaimedDelivery, for kind: DestinationSettings.Kind
  ) async throws(StorageError) -> ClaimedDelivery? {
    var fitted = try await withEvent(delivery)
    guard let content = kind.standardMessage(of: fitted.event) else { return nil }
    fitted.content = content
    return fitted
  }

  /// A body is read without its event.
  private func withEvent(_ delivery: ClaimedDelivery) async throws(StorageError) -> ClaimedDelivery {
    var delivery = delivery
    if delivery.event.isEmpty { delivery.event = try await store.delivery(id: delivery.id)?.event ?? [] }
    return delivery
  }

  private func misfit(_ delivery: ClaimedDelivery, _ kind: DestinationSettings.Kind) -> AttemptResult {
    let made = delivery.form.map { "for a destination of type \($0)" } ?? "by a later version"
    return AttemptResult(
      outcome: .retry(.wrongForm, after: Self.formPause),
      detail:
        "the message was made \(made), and \(delivery.destination) is of type \(kind.rawValue); send it elsewhere: "
        + "vi-notify deliveries replay \(delivery.id) --to DESTINATION")
  }
}
