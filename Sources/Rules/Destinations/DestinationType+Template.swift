extension DestinationType {
  /// One line: what it is.
  package var says: String { implementation.says }

  /// The fields that a destination of this type must have, each with an example of its value, JSON.
  package var requiredFields: [(key: String, example: String, says: String)] { implementation.requiredFields }
}

extension Destination {
  fileprivate static var requiredFields: [(key: String, example: String, says: String)] {
    let required = fields.filter(\.isRequired)
    // Where one of several ways must be chosen, the first is the usual one.
    return (required.isEmpty ? Array(fields.prefix(1)) : required).map { ($0.key, $0.example, $0.says) }
  }
}
