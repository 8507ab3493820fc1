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
