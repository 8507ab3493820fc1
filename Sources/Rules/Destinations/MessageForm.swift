internal import JSONSource
package import Storage

/// For which type of destination a message was made. What was made for one type means nothing, or something else, to another.
package struct MessageForm: Sendable, Equatable {
  package let kind: DestinationSettings.Kind
  /// Our own words about one event: they can be made anew for another type.
  package let isStandard: Bool

  package init(kind: DestinationSettings.Kind, isStandard: Bool) {
    self.kind = kind
    self.isStandard = isStandard
  }
}

extension DestinationSettings.Kind {
  /// What this type of destination is sent of an event when nobody has said otherwise; nil when we have no words for it, as
  /// for an event that a later version has written.
  ///
  /// - Parameters:
  ///   - event: the whole event, JSON.
  ///   - recipient: one of ``DestinationSettings/recipients``.
  package func standardMessage(of event: [UInt8], link: RunLink = .standard, recipient: String? = nil)
    -> DeliveryContent?
  {
    guard let templates = standardMessages else { return .event }
    guard let document = try? JSONDocument(parsing: event), let data = document.root["data"],
      let trigger = data["phase"]?.string.flatMap(Trigger.init(word:)), let template = templates[trigger],
      let inner = try? JSONDocument(parsing: Array(document.raw(data)))
    else { return nil }
    let body = template.render(TemplateData(inner, link: link))
    return .body(recipient.map { body.adding([("recipient", .json($0))]) } ?? body)
  }
}
