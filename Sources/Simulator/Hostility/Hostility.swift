/// How often, and how badly, a simulator treats its clients: what goes wrong on real networks and in real services, at random.
///
/// The same seed damages the nth answer to the list of runs, and the nth of an inbox, in the same way. Which request is the nth is
/// up to the clients.
package struct Hostility: Sendable {
  package var seed: UInt64
  /// The part of the answers that is damaged, from 0 to 1.
  package var rate: Double
  /// Nil: every one that fits the answer.
  package var harms: Set<Harm>?
  /// So many damaged answers in a row at most for one delivery, or one kind of API request. What the delivery gets after them is
  /// as it should be; of an API request so many as ``relief`` says.
  package var maxInARow: Int
  package var relief: Int
  /// Milliseconds that an answer, or the rest of one, is held back at most.
  package var maxWait: Int64
  /// Inboxes that may also get what has no end by itself: 410 and other refusals, waits of a day and more.
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

/// One way of damaging an answer. But for the last three every one passes: a client that asks again gets what it asked for.
package enum Harm: String, Sendable, CaseIterable {
  /// A `Date` of the year 1 or 300,000,000, a year ahead, or none at all.
  case oddDate
  /// `Retry-After` and `X-RateLimit-…` where they mean nothing, or with values that mean nothing.
  case oddWaits
  /// Interim answers, folded and broken field lines, bytes that are no text, hundreds of fields.
  case oddHead
  /// More than anybody reads: 400 kB of fields.
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

  /// An API's 400, 401, 403, 404, 409 or 418, an inbox's 408 or 425.
  case wrongStatus
  case serverError
  /// 429 or 503, with a wait of a second, or one that can't be read.
  case busy
  case redirect
  /// 200, and a page of HTML.
  case signIn
  /// 500 with a body of 8 MB.
  case hugeError
  /// 502 with a small gzip of 160 MB.
  case bombError
  /// An error that would steer the terminal of whoever reads it.
  case escapes

  /// The connection is reset before the request has any effect.
  case lostRequest
  /// The connection is reset after the request has had its effect.
  case lostAnswer
  case cutHead
  /// An answer of something that doesn't speak HTTP.
  case noHTTP
  case late

  /// One run's document is 20 MB long, has a hundred thousand members, or is nested ten thousand deep.
  case hugeDocument, manyMembers, deepDocument
  /// A run's times, apart from those of its conditions, are at the ends of what numbers can be, or beyond.
  case extremeNumbers
  /// An attribute that is no UTF-8, or half of a surrogate pair.
  case badText
  case halfJSON, otherJSON
  /// There are no runs, it says; a run of the page is left out, or there twice; the next page doesn't exist.
  case emptyPage, shiftedPage, lostPage

  /// 429 or 503, with a wait of a day or of a million years.
  case longHold
  /// A status that no repetition can help.
  case refusal
  case gone
}

/// What is answered, as far as it decides on how the answer can be damaged.
enum HarmPlace: Sendable {
  case page, document, otherAPI, file, inbox, sacrifice

  /// The harms that fit, the cheap ones three times.
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
  /// Costs the server time, or many bytes.
  fileprivate var isCostly: Bool {
    switch self {
    case .hugeHead, .hugeError, .bombError, .hugeDocument, .manyMembers, .deepDocument, .stalledBody, .gone: true
    default: false
    }
  }
}
