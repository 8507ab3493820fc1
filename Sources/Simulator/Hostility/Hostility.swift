/// How often and how badly a simulator damages its answers, at random, like real networks and services.
///
/// The same seed damages the nth answer to the list of runs, and the nth of an inbox, in the same way. Clients determine which
/// request is the nth.
package struct Hostility: Sendable {
  package var seed: UInt64
  /// The share of damaged answers, from 0 to 1.
  package var rate: Double
  /// Nil: all harms that fit the answer.
  package var harms: Set<Harm>?
  /// The most damaged answers in a row for one delivery, or one kind of API request. After them a delivery gets regular answers, and
  /// an API request as many as ``relief`` says.
  package var maxInARow: Int
  package var relief: Int
  /// The longest delay of an answer, or of its rest, in milliseconds.
  package var maxWait: Int64
  /// Inboxes that may also get permanent refusals: 410 and others, waits of a day and more.
  package var sacrifices: Set<String>

  package init(
    seed: UInt64 = 1, rate: Double = 0.25, harms: Set<Harm>? = nil, maxInARow: Int = 2, relief: Int = 4,
    maxWait: Int64 = 1_000, sacrifices: Set<String> = []
  ) {
    self.seed = seed
    self.rate = rate
    self.harms = harms
    self.maxInARow = maxInARow
    self.relief = relief
    self.maxWait = maxWait
    self.sacrifices = sacrifices
  }
}

/// One way of damaging an answer. All but the last three are transient: a client that asks again gets a regular answer.
package enum Harm: String, Sendable, CaseIterable {
  /// A `Date` of the year 1 or 300,000,000, a year ahead, or missing.
  case oddDate
  /// `Retry-After` and `X-RateLimit-…` where they have no meaning, or with meaningless values.
  case oddWaits
  /// Interim answers, folded and broken field lines, bytes that aren't text, hundreds of fields.
  case oddHead
  /// More than clients accept: 400 kB of fields.
  case hugeHead

  /// The connection ends in the middle of the body.
  case cutBody
  /// `Content-Length` is less than the body.
  case excessBody
  case badGzip, cutGzip, unknownEncoding, cutChunks, badChunks
  /// The body stops for the longest wait; then the connection is closed.
  case stalledBody
  /// The body trickles for the longest wait.
  case slowBody

  /// For the API 400, 401, 403, 404, 409 or 418, for an inbox 408 or 425.
  case wrongStatus
  case serverError
  /// 429 or 503, with a wait of a second, or an unreadable one.
  case busy
  case redirect
  /// 200 with an HTML page.
  case signIn
  /// 500 with a body of 8 MB.
  case hugeError
  /// 502 with a small gzip of 160 MB.
  case bombError
  /// An error whose text would control the reader's terminal.
  case escapes

  /// The connection is reset before the request has any effect.
  case lostRequest
  /// The connection is reset after the request has had its effect.
  case lostAnswer
  case cutHead
  /// An answer that isn't HTTP.
  case noHTTP
  case late

  /// One run's document is 20 MB long, has a hundred thousand members, or is nested ten thousand deep.
  case hugeDocument, manyMembers, deepDocument
  /// A run's times, except those of its conditions, are at the limits of numbers, or beyond.
  case extremeNumbers
  /// An attribute that isn't UTF-8, or is a lone surrogate.
  case badText
  case halfJSON, otherJSON
  /// The list is empty; a run of the page is missing or repeated; the next page doesn't exist.
  case emptyPage, shiftedPage, lostPage

  /// 429 or 503, with a wait of a day or of a million years.
  case longHold
  /// A status that no retry can help.
  case refusal
  case gone
}

/// The kind of request, as far as it determines the possible harms.
enum HarmPlace: Sendable {
  case page, document, otherAPI, file, inbox, sacrifice

  /// The harms that fit; cheap ones occur three times.
  var harms: [Harm] {
    Harm.allCases.filter { fits($0) }.flatMap { Array(repeating: $0, count: $0.isCostly ? 1 : 3) }
  }

  private func fits(_ harm: Harm) -> Bool {
    switch harm {
    case .oddDate, .oddHead, .cutBody, .stalledBody, .slowBody, .serverError, .busy, .lostRequest, .lostAnswer,
      .cutHead,
      .late:
      true
    case .oddWaits, .hugeHead, .excessBody, .badGzip, .cutGzip, .unknownEncoding, .cutChunks, .badChunks, .wrongStatus,
      .signIn, .hugeError, .bombError, .escapes, .noHTTP:
      self != .file
    case .redirect: [.page, .document, .otherAPI].contains(self)
    case .hugeDocument, .manyMembers, .deepDocument, .extremeNumbers, .badText: self == .page || self == .document
    case .halfJSON, .otherJSON: [.page, .document, .otherAPI].contains(self)
    case .emptyPage, .shiftedPage, .lostPage: self == .page
    case .longHold, .refusal, .gone: self == .sacrifice
    }
  }
}

extension Harm {
  /// Takes the server much time, or many bytes.
  fileprivate var isCostly: Bool {
    switch self {
    case .hugeHead, .hugeError, .bombError, .hugeDocument, .manyMembers, .deepDocument, .stalledBody, .gone: true
    default: false
    }
  }
}
