internal import JSONSource

/// At most `count` requests in `per`: a bucket that holds `count` and fills evenly.
package struct RateLimit: Sendable, Equatable {
  /// 1 to 10,000.
  package let count: Int
  /// 100 ms to 1 d.
  package let per: Duration

  package init(count: Int, per: Duration) {
    self.count = count
    self.per = per
  }
}

extension DestinationSettings.Kind {
  /// What the service itself allows. Slack: one message a second (api.slack.com/docs/rate-limits); its "short bursts" have
  /// no number, so none are counted on.
  var usualRateLimit: RateLimit? {
    switch self {
    case .webhook: nil
    case .slack: RateLimit(count: 1, per: .seconds(1))
    }
  }
}

extension RuleFileReader {
  func rateLimit(_ destination: ObjectReader) -> RateLimit? {
    guard let node = destination["rateLimit"],
      let reader = ObjectReader(
        node, path: destination.pathOf("rateLimit"), known: ["count", "per"], diagnostics)
    else { return nil }
    // Both are looked for before either is given up, so that every mistake is told.
    let count = reader.required("count").flatMap { _ in reader.integer("count", in: 1...10_000) }
    let per = reader.required("per").flatMap { _ in
      reader.duration("per", in: .milliseconds(100)...(.seconds(86_400)))
    }
    guard let count, let per else { return nil }
    return RateLimit(count: Int(count), per: per)
  }
}
