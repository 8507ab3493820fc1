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
