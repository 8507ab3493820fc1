/// What has happened to a state that whoever works with it should look at; see ``StateStore/news(within:by:)``.
package struct StateNews: OptionSet, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// An event has joined a digest here, which may be a new one: it is due at some time.
  package static let digest = StateNews(rawValue: 1)
  /// Another process has written, such as `deliveries replay`; or nobody knows whether one has.
  package static let outside = StateNews(rawValue: 2)
}
