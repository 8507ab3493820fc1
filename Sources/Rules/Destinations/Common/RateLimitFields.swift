/// `rateLimit` of a destination, as it is read.
struct RateLimitDraft: Sendable {
  var count: Int?
  var per: Duration?
}

extension Shape where Target == RateLimitDraft {
  static let rateLimit = Shape(
    says: "At most so many requests in such a time.",
    fields: [
      Field("count", .integer(1...10_000), to: \.count, isRequired: true, example: "10", "Requests, 1 to 10000."),
      Field(
        "per", .duration(.milliseconds(100)...(.seconds(86_400))), to: \.per, isRequired: true, example: #""1s""#,
        "The time in which they may go out, 100ms to 1d."),
    ])
}

extension FieldType where Value == RateLimit {
  static let rateLimit = FieldType.object("rateLimit", .rateLimit, from: RateLimitDraft()) { draft, _ in
    guard let count = draft.count, let per = draft.per else { return nil }
    return RateLimit(count: count, per: per)
  }
}
